"""Programs of others that serve training: trainers, optimisers, counters of operations."""
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# mypy: ignore-errors

import torch
from torch import nn


def network():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)).eval()


def lightning_loads_a_checkpoint():
    import tempfile

    import lightning

    class Model(lightning.LightningModule):
        def __init__(self, width=8):
            super().__init__()
            self.save_hyperparameters()
            self.layer = nn.Linear(width, 4)

        def forward(self, x):
            return self.layer(x)

    with tempfile.NamedTemporaryFile(suffix=".ckpt") as file:
        model = Model()
        torch.save(
            {"state_dict": model.state_dict(), "hyper_parameters": {"width": 8}, "pytorch-lightning_version": "2.0.0"},
            file.name,
        )
        return Model.load_from_checkpoint(file.name).eval()(torch.randn(2, 8))


def lightning_fits():
    import tempfile

    import lightning

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(8, 4)

        def training_step(self, batch, _):
            return self.layer(batch[0]).square().mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(16, 8)), batch_size=4)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, default_root_dir=folder,
        )  # fmt: skip
        model = Model()
        trainer.fit(model, data)
    return model.layer.weight


def lion_pytorch_steps():
    from lion_pytorch import Lion

    layer = nn.Linear(8, 4)
    optimizer = Lion(layer.parameters())
    layer(torch.randn(3, 8)).sum().backward()
    optimizer.step()
    return layer.weight


def ema_pytorch_averages():
    from ema_pytorch import EMA

    ema = EMA(network(), update_after_step=0, update_every=1)
    ema.update()
    return ema(torch.randn(2, 8))


def torchinfo_counts():
    from torchinfo import summary

    return torch.tensor(summary(network(), (2, 8), verbose=0).total_params)


def fvcore_counts():
    from fvcore.nn import FlopCountAnalysis

    return torch.tensor(FlopCountAnalysis(network(), torch.randn(2, 8)).total())


def thop_counts():
    from thop import profile

    return torch.tensor(profile(network(), (torch.randn(2, 8),), verbose=False))
