"""The loss over the vocabulary: in chunks as torch computes it, and sampled without bias."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from training.fit.sampled_softmax import Negatives, full_loss, sampled_loss

VOCABULARY, UNITS, WORDS = 1000, 16, 300
CPU = torch.device("cpu")


@pytest.fixture
def counts() -> Tensor:
    """How often each word occurs: as Zipf says, and the last hundred never."""
    counts = 50_000 / torch.arange(1, VOCABULARY + 1)
    counts[-100:] = 0
    return counts.long()


@pytest.fixture
def fc(counts: Tensor) -> nn.Linear:
    """An output layer that knows something: unigram biases, and weights that tell hidden states apart."""
    torch.manual_seed(1)
    fc = nn.Linear(UNITS, VOCABULARY)
    with torch.no_grad():
        fc.weight.mul_(3)
        fc.bias.copy_((counts + 0.5).log())
    return fc


def gradients(loss: Tensor, *tensors: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, tensors))


def distance(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


def test_the_loss_in_chunks_is_torch_s(fc: nn.Linear) -> None:
    hidden = torch.randn(WORDS, UNITS, requires_grad=True)  # more rows than a chunk has
    targets = torch.randint(VOCABULARY, (WORDS,))
    loss, plain = full_loss(hidden, fc, targets), cross_entropy(fc(hidden), targets, reduction="sum")
    assert float(loss.detach()) == pytest.approx(float(plain.detach()), rel=1e-3)
    of = (hidden, fc.weight, fc.bias)
    for ours, theirs in zip(gradients(loss, *of), gradients(plain, *of), strict=True):
        assert distance(ours, theirs) < 0.01  # bfloat16 where the processor has it


@pytest.mark.parametrize("is_sampled", [False, True])
def test_targets_that_are_not_learnt_count_for_nothing(counts: Tensor, fc: nn.Linear, is_sampled: bool) -> None:
    hidden = torch.randn(WORDS, UNITS, requires_grad=True)
    targets, is_learnt = torch.randint(VOCABULARY - 100, (WORDS,)), (torch.rand(WORDS) < 0.7)

    def loss(rows: Tensor, words: Tensor, learnt: Tensor | None) -> Tensor:
        if not is_sampled:
            return full_loss(rows, fc, words, learnt)
        everything = Negatives(counts + 1, num_samples=1_000_000, device=CPU)
        return sampled_loss(rows, fc, words, everything, learnt)

    masked, kept = loss(hidden, targets, is_learnt.float()), loss(hidden[is_learnt], targets[is_learnt], None)
    assert float(masked.detach()) == pytest.approx(float(kept.detach()), rel=1e-3)
    of = (hidden, fc.weight, fc.bias)
    for ours, theirs in zip(gradients(masked, *of), gradients(kept, *of), strict=True):
        assert distance(ours, theirs) < 0.01


def test_every_target_is_a_candidate_and_rare_words_are_corrected_most(counts: Tensor) -> None:
    torch.manual_seed(2)
    targets = torch.multinomial(counts.float(), 50, replacement=True)
    candidates, log_chance = Negatives(counts, num_samples=100, device=CPU).draw(targets)
    assert torch.isin(targets, candidates).all()
    assert torch.equal(candidates, candidates.unique())  # type: ignore[no-untyped-call]
    assert (log_chance <= 0).all()
    assert (counts[candidates].diff() <= 0).all()  # the most frequent words have the lowest ids here
    assert (log_chance.diff() <= 0).all()


def test_as_many_samples_as_could_be_wished_for_give_the_full_loss(counts: Tensor, fc: nn.Linear) -> None:
    counts = counts + 1  # so that each word can be drawn
    hidden, targets = torch.randn(WORDS, UNITS), torch.randint(VOCABULARY, (WORDS,))
    sampled = sampled_loss(hidden, fc, targets, Negatives(counts, num_samples=1_000_000, device=CPU))
    assert float(sampled.detach()) == pytest.approx(float(full_loss(hidden, fc, targets).detach()), rel=1e-3)


def test_the_sampled_gradient_is_the_full_one_on_average(counts: Tensor, fc: nn.Linear) -> None:
    """Over 300 batches the difference shrinks as chance does; what is left is the bias that sampling has."""
    torch.manual_seed(3)
    negatives = Negatives(counts, num_samples=150, device=CPU)
    sampled, full, one_batch = torch.zeros_like(fc.weight), torch.zeros_like(fc.weight), 0.0
    batches = 300
    for _ in range(batches):
        hidden = torch.randn(WORDS, UNITS)
        targets = torch.multinomial(counts.float(), WORDS, replacement=True)
        (ours,) = gradients(sampled_loss(hidden, fc, targets, negatives), fc.weight)
        (theirs,) = gradients(full_loss(hidden, fc, targets), fc.weight)
        sampled += ours
        full += theirs
        one_batch += distance(ours, theirs) / batches
    assert one_batch > 0.1
    assert distance(sampled, full) < 0.03


def test_uncorrected_samples_would_be_biased(counts: Tensor, fc: nn.Linear, monkeypatch: pytest.MonkeyPatch) -> None:
    negatives = Negatives(counts, num_samples=150, device=CPU)
    draw = negatives.draw

    def uncorrected(targets: Tensor) -> tuple[Tensor, Tensor]:
        candidates, log_chance = draw(targets)
        return candidates, torch.zeros_like(log_chance)

    monkeypatch.setattr(negatives, "draw", uncorrected)
    torch.manual_seed(3)
    hidden = torch.randn(20 * WORDS, UNITS)
    targets = torch.multinomial(counts.float(), len(hidden), replacement=True)
    sampled, full = torch.zeros_like(fc.weight), torch.zeros_like(fc.weight)
    for begin in range(0, len(hidden), WORDS):
        rows, words = hidden[begin : begin + WORDS], targets[begin : begin + WORDS]
        sampled += gradients(sampled_loss(rows, fc, words, negatives), fc.weight)[0]
        full += gradients(full_loss(rows, fc, words), fc.weight)[0]
    assert distance(sampled, full) > 0.1
