"""A page in a page: what is in it arrives unchanged."""

from html.parser import HTMLParser

from colorlib.show.frame import framed


def test_the_page_and_its_words_arrive_unchanged():
    page, words = '<p class="a">1 < 2 & "3"</p><script>alert(\'x\')</script>', 'A "word" & more'
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(framed(page, words, 300).data)
    assert found[0][0] == "div"
    tag, attrs = found[1]
    assert tag == "iframe"
    assert (attrs["srcdoc"], attrs["title"]) == (page, words)
    assert "height: 300px" in attrs["style"]
