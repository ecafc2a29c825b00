"""Does this answer hold? Checks of exercises, marks for a class, and what a teacher hands out.

`checks` looks at one answer, with the room `exercises` behind it that knows each exercise;
`compare` says what differs. `export` makes students' notebooks and the answer key from the
chapters, `grade` runs what students hand in, in the process that `sandbox` shuts in, and `marks`
are the table.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["checks", "compare", "exercises", "export", "grade", "marks", "sandbox"],
    submod_attrs={"checks": ["Judgement", "check", "judge"]},
)
