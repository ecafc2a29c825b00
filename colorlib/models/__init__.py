"""The networks: generators that give colour, the discriminator, their weights."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "auxiliary",
        "class_head",
        "class_unet",
        "color_bins",
        "dial",
        "dynamic_unet",
        "efficientnet_lite",
        "export",
        "fusion",
        "init",
        "light_unet",
        "onnx_card",
        "patchgan",
        "registry",
        "rgb_unet",
        "shipped",
        "size",
        "unet",
        "weights",
    ],
    submod_attrs={
        "unet": ["UNet", "UNetBlock"],
        "patchgan": ["PatchGAN", "receptive_field"],
        "fusion": ["FusionLayer", "FusionNet"],
        "light_unet": ["LightUNet"],
        "efficientnet_lite": ["LiteEncoder", "lite0"],
        "class_unet": ["ClassUNet"],
        "rgb_unet": ["RgbUNet"],
        "init": ["init_weights"],
        "dynamic_unet": ["encoder_decoder"],
        "registry": ["GENERATORS", "build_generator"],
        "shipped": ["load_named", "shipped_points", "shipped_weights"],
        "size": ["parameter_count"],
        "weights": ["load_weights", "read_card", "save_weights"],
    },
)
