"""In which number format a device computes fastest, for training and for colouring."""

import torch

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def fast_precision(device: torch.device | str) -> str:
    """Choose the number format in which a device trains and colours fastest without trouble.

    Parameters
    ----------
    device : torch.device or str

    Returns
    -------
    str
        "bf16" on GPUs and CPUs that multiply bfloat16 in hardware (Ampere and later; AVX512-BF16,
        AMX), "fp16" on older GPUs such as the T4, else "fp32".

    References
    ----------
    Micikevicius et al. 2018 (mixed precision training).
    """
    device = torch.device(device)
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
    if device.type == "cpu" and (cpu_can("amx_tile") or cpu_can("avx512_bf16")):
        return "bf16"
    return "fp32"


def cpu_can(what: str) -> bool:
    """Ask whether the processor has an extension, such as "amx_tile", that torch would use.

    Torch has no public question for that. Its private one may be absent in another version, which
    then means no.
    """
    question = getattr(torch.cpu, f"_is_{what}_supported", None)
    return question is not None and bool(question())


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Make the context in which a network runs in a number format.

    Parameters
    ----------
    device : torch.device
    precision : {"fp32", "bf16", "fp16"}
        For example the device's `fast_precision`.

    Returns
    -------
    torch.autocast
        Without effect for fp32.
    """
    dtype = PRECISIONS[precision]
    half = dtype != torch.float32
    return torch.autocast(device.type, dtype if half else None, half)
