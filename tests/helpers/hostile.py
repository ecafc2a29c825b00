"""What several test files share: hostile."""

ARGUMENTS = {"downs": 3, "filters": 4}


def files(folder):
    """The results in a folder, and everything that has no business there."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    ours = ("contact-sheet-files/", ".colorlib/", "report.csv", "left-out.csv", "contact-sheet.html")
    return sorted(name for name in names if not name.startswith(ours) or ".part" in name)
