"""Does this answer hold? Checks of exercises, marks for a class, and what a teacher hands out.

`checks` looks at one answer, with the room `exercises` behind it that knows each exercise;
`compare` says what differs. `export` makes students' notebooks and the answer key from the
chapters, `grade` marks what students hand in: it runs in the process that `sandbox` shuts in,
`process` talks with that, `plain` is how answers cross, and `marks` are the table.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "checks",
        "compare",
        "exercises",
        "export",
        "grade",
        "marks",
        "plain",
        "process",
        "sandbox",
    ],
    submod_attrs={"checks": ["Judgement", "check", "judge"]},
)
