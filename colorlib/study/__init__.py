"""What do people say? Studies in which people judge coloured photographs.

`design` decides who sees what, `pictures` prepares the photographs, `site` writes the pages,
`server` collects the answers, `answers` checks them, `scores` holds the statistics and `report`
tells the result.
"""
