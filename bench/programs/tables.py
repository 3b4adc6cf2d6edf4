"""Programs of others for numbers, graphs and probability."""
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# mypy: ignore-errors

import torch
from torch import nn


def network():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)).eval()


def einops():
    from einops import rearrange, reduce, repeat
    from einops.layers.torch import Rearrange

    x = torch.randn(2, 3, 4, 5)
    return (
        rearrange(x, "a b c d -> a (b c) d"),
        reduce(x, "a b c d -> a d", "max"),
        repeat(x, "a b c d -> a b c d 2"),
        (Rearrange("a b c d -> d (a b c)")(x)),
    )


def vector_quantize_pytorch():
    from vector_quantize_pytorch import VectorQuantize

    return list(VectorQuantize(dim=16, codebook_size=32).eval()(torch.randn(1, 20, 16)))[:2]


def torchmetrics():
    from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score
    from torchmetrics.regression import SpearmanCorrCoef

    scores, labels = torch.rand(40, 5), torch.randint(0, 5, (40,))
    return (
        MulticlassAccuracy(5)(scores, labels),
        MulticlassF1Score(5)(scores, labels),
        (SpearmanCorrCoef()(torch.rand(30), torch.rand(30))),
    )


def skorch_predicts():
    from skorch import NeuralNetClassifier

    net = NeuralNetClassifier(network, train_split=None).initialize()
    return torch.from_numpy(net.predict_proba(torch.randn(5, 8).numpy()))


def skorch_fits():
    from skorch import NeuralNetRegressor

    net = NeuralNetRegressor(network, max_epochs=2, train_split=None, verbose=0)
    x = torch.randn(20, 8).numpy()
    return torch.from_numpy(net.fit(x, x[:, :4]).predict(x))


def gpytorch_posterior():
    import gpytorch

    class Model(gpytorch.models.ExactGP):
        def __init__(self, x, y, likelihood):
            super().__init__(x, y, likelihood)
            self.mean, self.kernel = (
                gpytorch.means.ConstantMean(),
                gpytorch.kernels.ScaleKernel(gpytorch.kernels.RBFKernel()),
            )

        def forward(self, x):
            return gpytorch.distributions.MultivariateNormal(self.mean(x), self.kernel(x))

    likelihood, x = gpytorch.likelihoods.GaussianLikelihood(), torch.linspace(0, 1, 20)
    model = Model(x, x.sin(), likelihood).eval()
    found = likelihood.eval()(model(torch.linspace(0, 1, 7)))
    return found.mean, found.variance


def botorch_posterior():
    from botorch.models import SingleTaskGP

    x = torch.rand(10, 2, dtype=torch.double)
    return SingleTaskGP(x, x.sum(1, keepdim=True)).posterior(torch.rand(4, 2, dtype=torch.double)).mean


def pyro_samples():
    import pyro
    import pyro.distributions as dist

    def model():
        with pyro.plate("data", 5):
            return pyro.sample("x", dist.Normal(pyro.sample("mean", dist.Gamma(2.0, 1.0)), 1.0))

    trace = pyro.poutine.trace(model).get_trace()
    return trace.nodes["_RETURN"]["value"], torch.as_tensor(trace.log_prob_sum())


def pyro_infers():
    import pyro
    import pyro.distributions as dist
    from pyro.infer import SVI, Trace_ELBO
    from pyro.infer.autoguide import AutoNormal

    def model(x):
        mean = pyro.sample("mean", dist.Normal(0.0, 1.0))
        with pyro.plate("data", len(x)):
            pyro.sample("x", dist.Normal(mean, 1.0), obs=x)

    svi = SVI(model, AutoNormal(model), pyro.optim.Adam({"lr": 0.1}), Trace_ELBO())
    return torch.tensor([svi.step(torch.ones(5)) for _ in range(3)])


def captum_integrated_gradients():
    from captum.attr import IntegratedGradients

    return IntegratedGradients(network()).attribute(torch.randn(2, 8), target=1, n_steps=8)


def captum_occludes():
    from captum.attr import FeatureAblation

    return FeatureAblation(network()).attribute(torch.randn(2, 8), target=1)


def torch_geometric_convolves():
    from torch_geometric.nn import GATConv, GCNConv, SAGEConv

    x, edges = torch.randn(5, 8), torch.tensor([[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]])
    return GCNConv(8, 4)(x, edges), GATConv(8, 4, heads=2)(x, edges), SAGEConv(8, 4)(x, edges)


def torch_geometric_pools():
    from torch_geometric.data import Batch, Data
    from torch_geometric.nn import global_mean_pool

    batch = Batch.from_data_list([Data(x=torch.randn(n, 4), edge_index=torch.tensor([[0], [1]])) for n in (3, 5)])
    return global_mean_pool(batch.x, batch.batch)


def torchsde_integrates():
    import torchsde

    class Sde(nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, _t, y):
            return -y

        def g(self, _t, y):
            return 0.1 * torch.ones_like(y)

    return torchsde.sdeint(Sde(), torch.ones(2, 3), torch.linspace(0, 1, 4), dt=0.1)


def torchdiffeq_integrates():
    from torchdiffeq import odeint

    return odeint(lambda _t, y: -y, torch.ones(3), torch.linspace(0, 1, 5))


def normflows_samples():
    import normflows

    layers = [normflows.flows.AffineCouplingBlock(normflows.nets.MLP([1, 16, 2])), normflows.flows.Permute(2)]
    flow = normflows.NormalizingFlow(normflows.distributions.DiagGaussian(2), layers)
    return flow.sample(5)


def nflows_logs():
    from nflows.distributions.normal import StandardNormal
    from nflows.flows.base import Flow
    from nflows.transforms import MaskedAffineAutoregressiveTransform

    return Flow(MaskedAffineAutoregressiveTransform(4, 8), StandardNormal([4])).log_prob(torch.randn(3, 4))


def pytorch_tabnet():
    from pytorch_tabnet.tab_network import TabNet

    return TabNet(8, 3, group_attention_matrix=torch.eye(8)).eval()(torch.randn(4, 8))


def tabm():
    from tabm import TabM

    return TabM.make(n_num_features=8, d_out=2).eval()(torch.randn(4, 8))


def pytorch_metric_learning():
    from pytorch_metric_learning import losses

    return losses.TripletMarginLoss()(torch.randn(10, 8), torch.arange(10) % 3)


def pytorch_forecasting():
    from pytorch_forecasting.models.temporal_fusion_transformer.sub_modules import InterpretableMultiHeadAttention

    x = torch.randn(2, 6, 16)
    return list(InterpretableMultiHeadAttention(4, 16, 0.0).eval()(x, x, x))


def hyper_connections():
    from hyper_connections import get_init_and_expand_reduce_stream_functions

    init, expand, reduce = get_init_and_expand_reduce_stream_functions(4)
    return reduce(init(dim=16, branch=nn.Linear(16, 16))(expand(torch.randn(2, 5, 16))))
