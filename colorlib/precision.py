"""In which number format a device computes fastest: the question of whoever trains and of whoever only colours."""

import torch

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def fast_precision(device: torch.device | str) -> str:
    """The number format in which a device trains and colours fastest without trouble.

    Parameters
    ----------
    device : torch.device or str

    Returns
    -------
    str
        "bf16" on GPUs and CPUs that multiply bfloat16 in hardware (Ampere and later; AVX512-BF16, AMX), "fp16" on
        older GPUs such as the T4, else "fp32".

    References
    ----------
    Micikevicius et al. 2018 (mixed precision training).
    """
    device = torch.device(device)
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
    if device.type == "cpu":
        checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        return "bf16" if any(getattr(torch.cpu, check, bool)() for check in checks) else "fp32"
    return "fp32"


def half_precision(device: torch.device) -> torch.autocast:
    """The context in which a network runs in the device's `fast_precision`.

    Parameters
    ----------
    device : torch.device

    Returns
    -------
    torch.autocast
        Without effect where fp32 is the fastest.
    """
    dtype = PRECISIONS[fast_precision(device)]
    half = dtype != torch.float32
    return torch.autocast(device.type, dtype if half else None, half)
