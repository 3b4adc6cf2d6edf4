"""Whether a bundle's serving weights are what its trained weights give."""

from __future__ import annotations

import torch
from torch import Tensor

from coldopen.bundle.content import Bundle
from coldopen.bundle.manifest import SERVING
from coldopen.preview_fit import preview_along
from coldopen.quantise import serving_weights
from coldopen.serving_weights import to_tensors
from training.release.place import ReleaseError


@torch.inference_mode()
def check_serving(bundle: Bundle) -> None:
    """Compare them; a bundle that has none is as it should be.

    The preview's coordinates are fitted, and each processor rounds that in its own way: they are taken as they are, for
    the bounds hold in any. The coefficients in them may be a step off.

    Raises:
        ReleaseError: naming the first tensor that differs.
    """
    if SERVING not in bundle.manifest.files:
        return
    config, held = bundle.manifest.network, bundle.serving()
    made = serving_weights(config, bundle.state_dict(), first_block=config.vocabulary_size)
    if held.preview:
        preview = preview_along(made.output.part(held.first_block), held.preview.turn)
        made = made._replace(preview=preview)
    expected = to_tensors(made, config.tied)
    for name, tensor in to_tensors(held, config.tied).items():
        if not _is_near(tensor, expected[name], is_exact=not name.startswith("preview")):
            raise ReleaseError(
                f"{SERVING} is not what the trained weights give ({name} differs): write the bundle anew, by "
                "`python -m training complete` or `publish --state-dict`"
            )


def _is_near(tensor: Tensor, expected: Tensor, is_exact: bool) -> bool:
    if is_exact:
        return torch.equal(tensor, expected)
    if tensor.dtype == torch.int8:
        return int((tensor.to(torch.int16) - expected).abs().max()) <= 1
    return torch.allclose(tensor, expected, rtol=1e-3)
