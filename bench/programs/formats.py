"""Files and programs of torch's own: archives, old formats, scripts, graphs, transforms of functions."""
# ruff: noqa: ANN001, ANN201, ANN202, ANN205
# mypy: ignore-errors

import io

import torch
from torch import nn


def network():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 4)).eval()


def safetensors_reads():
    from safetensors.torch import load, save

    found = load(save({"a": torch.randn(3, 4), "b": torch.arange(5)}))
    return found["a"], found["b"]


def torch_load_of_the_old_format():
    file = io.BytesIO()
    torch.save({"a": torch.randn(3, 4)}, file, _use_new_zipfile_serialization=False)
    file.seek(0)
    return torch.load(file)["a"]


def torch_load_of_a_whole_module():
    file = io.BytesIO()
    torch.save(nn.LSTM(8, 4), file)
    file.seek(0)
    return torch.load(file, weights_only=False)(torch.randn(3, 1, 8))[0]


def torch_jit_script_and_load():
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(network()), file)
    file.seek(0)
    return torch.jit.load(file)(torch.randn(2, 8))


def torch_jit_script_of_an_lstm():
    return torch.jit.freeze(torch.jit.script(nn.LSTM(8, 4).eval()))(torch.randn(3, 1, 8))[0]


def torch_jit_trace():
    return torch.jit.trace(network(), torch.randn(2, 8))(torch.randn(3, 8))


def torch_export_and_load():
    file = io.BytesIO()
    torch.export.save(torch.export.export(network(), (torch.randn(2, 8),)), file)
    file.seek(0)
    return torch.export.load(file).module()(torch.randn(2, 8))


def torch_export_strict():
    return torch.export.export(network(), (torch.randn(2, 8),), strict=True).module()(torch.randn(2, 8))


def torch_export_with_dynamic_shapes():
    shapes = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(network(), (torch.randn(2, 8),), dynamic_shapes=shapes)
    return program.module()(torch.randn(5, 8))


def torch_fx_traces():
    return torch.fx.symbolic_trace(network())(torch.randn(2, 8))


def torch_vmap_and_grad():
    def loss(x):
        return (x.sin() * x).sum()

    x = torch.randn(4, 3)
    return torch.func.vmap(torch.func.grad(loss))(x), torch.func.jacrev(torch.sin)(x[0]), torch.func.hessian(loss)(x[0])


def torch_autograd_function():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2 + ctx.saved_tensors[0]

    x = torch.randn(3, requires_grad=True)
    Double.apply(x).sum().backward()
    return x.grad


def torch_checkpoint():
    x = torch.randn(2, 8, requires_grad=True)
    torch.utils.checkpoint.checkpoint(network(), x, use_reentrant=False).sum().backward()
    return x.grad


def torch_meta_device():
    with torch.device("meta"):
        model = nn.TransformerEncoderLayer(16, 4)
    shape = torch.linalg.svd(torch.empty(4, 3, device="meta")).S.shape
    return torch.tensor([len(list(model.parameters())), *shape])


def torch_quantizes_by_graph():
    from torch.ao.quantization import get_default_qconfig_mapping
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

    x = torch.randn(2, 8)
    prepared = prepare_fx(nn.Sequential(nn.Linear(8, 8), nn.ReLU()).eval(), get_default_qconfig_mapping("x86"), x)
    prepared(x)
    return convert_fx(prepared)(x)


def torch_distributions():
    from torch import distributions as dist

    mixture = dist.MixtureSameFamily(dist.Categorical(torch.ones(3)), dist.Normal(torch.zeros(3), torch.ones(3)))
    return mixture.log_prob(torch.randn(4)), dist.VonMises(torch.zeros(2), torch.ones(2)).sample()


def torch_nested_jagged():
    nested = torch.nested.nested_tensor([torch.randn(2, 8), torch.randn(5, 8)], layout=torch.jagged)
    return nn.Linear(8, 4)(nested).unbind()


def torch_flex_attention():
    from torch.nn.attention.flex_attention import flex_attention

    q, k, v = torch.randn(3, 1, 2, 16, 8)
    return flex_attention(q, k, v, score_mod=lambda score, _b, _h, i, j: score - (i - j).abs())


def torch_custom_operator():
    @torch.library.custom_op("bench::double", mutates_args=())
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    return torch.ops.bench.double(torch.ones(3))


def torch_prunes_and_parametrizes():
    from torch.nn.utils import parametrizations, prune

    layer = parametrizations.spectral_norm(nn.Linear(8, 4)).eval()
    return layer(torch.randn(2, 8)), prune.l1_unstructured(nn.Linear(8, 4), "weight", 0.5).weight


def torch_data_loader_with_workers():
    data = torch.utils.data.TensorDataset(torch.arange(12.0))
    return torch.cat([x for (x,) in torch.utils.data.DataLoader(data, batch_size=4)])
