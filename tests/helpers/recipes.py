"""What several test files share: recipes."""

TINY = """
title = "tiny"
ema = 0.9
frames = ["flower"]
[data]
photographs = "package"
size = 32
batch_size = 4
crops = {crops}
[generator]
kind = "unet"
downs = 3
filters = 4
[discriminator]
filters = 4
patch = 16
[[phase]]
trains = "generator"
epochs = 2
lr = 1e-3
schedule = "one_cycle"
[[phase]]
epochs = 3
lr = 2e-4
schedule = "decay"
"""
VARIANTS = """
[variant.short]
title = "half of it"
data.crops = 2
phase = [{ epochs = 1, trains = "generator", lr = 1e-3 }]
[variant.colours]
title = "colours are classes"
generator = { kind = "classes", downs = 4 }
loss.lambda_l1 = 0.0
phase = [{ epochs = 2, trains = "generator", lr = 1e-3 }]
"""
