"""A folder of photographs as it is found, coloured here or on a cluster."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "address",
        "contact_sheet",
        "fingerprint",
        "jobs",
        "ledger",
        "naming",
        "ray_cluster",
        "remote",
        "report_table",
        "results",
        "resume",
        "run",
        "twins",
    ],
    submod_attrs={"jobs": ["Job"], "run": ["Outcome", "Report", "plan", "sensible_workers"]},
)
