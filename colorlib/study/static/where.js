// Says where the answers go. A study that is served gets another answer at this address.
window.STUDY_SERVER = null;
