"""How the networks learn: losses, one step of adversarial training, the learner around it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["callbacks", "checkpoint", "distributed", "gan_step", "learner", "losses"],
    submod_attrs={
        "gan_step": ["GanStep"],
        "learner": ["ColorizationLearner"],
        "losses": ["AdversarialLoss", "pixel_loss"],
    },
)
