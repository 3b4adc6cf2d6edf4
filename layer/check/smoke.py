"""Uses torch as programs do for inference, and prints a line for each check.

`layer verify` runs this file in the layer's torch. So it imports torch and the standard library alone.
"""

import io
import sys
import traceback
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn


def networks() -> None:
    """Layers, forward passes, state_dicts."""
    network = nn.Sequential(nn.Embedding(9, 8), nn.LSTM(8, 16, 2, batch_first=True)).eval()
    outputs, (h, c) = network(torch.tensor([[1, 2, 3]]))
    assert outputs.shape == (1, 3, 16)
    assert h.shape == c.shape == (2, 1, 16)
    assert nn.GRU(3, 4)(torch.ones(2, 1, 3))[0].shape == (2, 1, 4)
    assert nn.TransformerEncoderLayer(4, 2).eval()(torch.ones(2, 1, 4)).shape == (2, 1, 4)
    assert nn.Dropout(0.5).eval()(torch.ones(2)).equal(torch.ones(2))
    assert nn.BatchNorm1d(3, eps=0).eval()(torch.ones(2, 3)).equal(torch.ones(2, 3))
    linear = nn.Linear(2, 2)
    linear.load_state_dict(nn.Linear(2, 2).state_dict(), assign=True)
    assert "in_features=2" in repr(linear)


def modules() -> None:
    """What torch.nn has around layers: hooks, lazy layers, weight normalisation, padding."""
    linear, seen = nn.Linear(2, 2), []
    linear.register_forward_hook(lambda _module, _inputs, output: seen.append(output.shape))
    linear(torch.ones(1, 2))
    assert seen == [(1, 2)]
    assert nn.LazyLinear(3)(torch.ones(1, 2)).shape == (1, 3)
    assert nn.utils.parametrizations.weight_norm(linear)(torch.ones(1, 2)).shape == (1, 2)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, batch_first=True), 1).eval()
    with torch.inference_mode():
        padded = encoder(torch.ones(2, 3, 4), src_key_padding_mask=torch.tensor([[False] * 3, [False, True, True]]))
    assert padded.shape == (2, 3, 4)
    packed = nn.utils.rnn.pack_padded_sequence(torch.ones(3, 2, 4), torch.tensor([3, 1]))
    assert nn.utils.rnn.pad_packed_sequence(packed)[1].tolist() == [3, 1]
    shape_of: Callable[..., torch.Size] = torch.broadcast_shapes
    assert shape_of((2, 1), (3,)) == (2, 3)
    assert shape_of() == ()
    torch.use_deterministic_algorithms(True)
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)


def files() -> None:
    """torch.save and torch.load."""
    file = io.BytesIO()
    torch.save({"weight": torch.arange(6.0).reshape(2, 3)}, file)
    file.seek(0)
    assert torch.load(file, weights_only=True)["weight"].equal(torch.arange(6.0).reshape(2, 3))


def modes() -> None:
    """no_grad, inference_mode, default devices."""
    with torch.inference_mode():
        assert torch.ones(2).is_inference()
    with torch.no_grad(), torch.device("cpu"):
        assert not (torch.ones(2, requires_grad=True) * 2).requires_grad
    assert not torch.backends.mps.is_available()
    assert not torch.cuda.is_available()


def random_numbers() -> None:
    """Generators and sampling."""
    first, again = (torch.rand(3, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    assert first.equal(again)
    torch.manual_seed(3)
    assert 0 <= int(torch.multinomial(torch.ones(4).softmax(0), 1)) < 4
    assert torch.ones(4).topk(2)[0].tolist() == [1, 1]


def mathematics() -> None:
    """linalg, fft, special, sparse, einsum, torch.ops."""
    assert torch.linalg.svd(torch.eye(3))[1].allclose(torch.ones(3))
    assert torch.linalg.norm(torch.ones(4)) == torch.norm(torch.ones(4)) == 2
    assert torch.fft.rfft(torch.ones(4))[0] == 4
    assert torch.special.erf(torch.zeros(1)) == 0
    assert torch.sparse.mm(torch.eye(2).to_sparse(), torch.eye(2)).equal(torch.eye(2))
    assert torch.einsum("ij,jk,kl", torch.ones(2, 3), torch.ones(3, 2), torch.ones(2, 2)).shape == (2, 2)
    assert torch.ops.aten.add.Tensor(torch.ones(1), 1) == torch.ops.aten.add(torch.ones(1), 1)
    query = torch.randn(1, 4, 8)
    with nn.attention.sdpa_kernel(nn.attention.SDPBackend.MATH):
        assert nn.functional.scaled_dot_product_attention(query, query, query).shape == (1, 4, 8)


def half_precision() -> None:
    """float16 and bfloat16. Their operators ask which features the processor has."""
    values = torch.tensor([0.5, -3.0, 1024.0])
    assert values.half().float().equal(values)
    assert values.bfloat16().float().equal(values)
    assert (torch.ones(4, 4).bfloat16() @ torch.ones(4, 4).bfloat16()).float().equal(torch.full((4, 4), 4.0))


def printing() -> None:
    """Tensors as text."""
    assert repr(torch.ones(1)) == "tensor([1.])"
    assert "nnz=2" in repr(torch.eye(2).to_sparse())


def int8() -> None:
    """Dynamic quantisation, by operators and by torch.quantization, with the first engine that works here."""
    weight, x = torch.randn(8, 16), torch.randn(1, 16)
    engine = next(filter(_packs, torch.backends.quantized.supported_engines))
    torch.backends.quantized.engine = engine
    assert (_int8_linear(x, weight) - x @ weight.t()).abs().max() < 0.5, engine
    network = nn.Sequential(nn.Linear(8, 8), nn.LSTM(8, 8))
    quantize: Callable[..., nn.Module] = vars(torch.quantization)["quantize_dynamic"]
    small = quantize(network, {nn.Linear, nn.LSTM}, dtype=torch.qint8)
    x = torch.randn(3, 1, 8)
    assert (small(x)[0] - network(x)[0]).abs().max() < 0.1, engine


def _packs(engine: str) -> bool:
    try:
        torch.backends.quantized.engine = engine
        _int8_linear(torch.randn(1, 16), torch.randn(8, 16))
    except RuntimeError:
        return False
    return True


def _int8_linear(x: Tensor, weight: Tensor) -> Tensor:
    scale = float(weight.abs().max()) / 127
    quantised = torch.quantize_per_tensor(weight, scale, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(quantised, torch.zeros(len(weight)))
    result: Tensor = torch.ops.quantized.linear_dynamic(x, packed, reduce_range=True)
    return result


CHECKS = (networks, modules, files, modes, random_numbers, mathematics, half_precision, printing, int8)


def main() -> int:
    """Run all checks; returns the exit code."""
    warnings.simplefilter("ignore")
    failures = 0
    for check in CHECKS:
        try:
            check()
            print(check.__name__, "ok")
        except Exception:
            failures += 1
            print(check.__name__, "failed\n", traceback.format_exc())
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
