"""My photograph, in a browser on this machine?

`page` makes the page that colours, as the book has it on its front; `server` serves it with a
colorizer behind it.
"""
