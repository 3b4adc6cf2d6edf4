"""Programs of others for sound; three of them ship their weights."""
# ruff: noqa: ANN201
# mypy: ignore-errors

import torch

RATE = 16_000
WAVE = torch.sin(torch.arange(RATE) * 0.1) * 0.3  # a second


def silero_vad():
    from silero_vad import load_silero_vad

    model = load_silero_vad()  # a TorchScript archive
    return torch.stack([model(part, RATE) for part in WAVE[: 512 * 8].split(512)])


def resemblyzer():
    from resemblyzer import VoiceEncoder

    return torch.from_numpy(VoiceEncoder("cpu", verbose=False).embed_utterance(WAVE.numpy()))


def torchcrepe():
    import torchcrepe

    return torchcrepe.predict(WAVE[None, : RATE // 4], RATE, model="tiny", device="cpu", return_periodicity=True)


def encodec():
    from encodec import EncodecModel

    model = EncodecModel._get_model([6.0], 24_000, 1, causal=True, model_norm="weight_norm", audio_normalize=False)
    (codes, _scale), *_rest = model.eval().encode(WAVE[None, None, :4800])
    return codes


def torchaudio_spectrogram():
    import torchaudio

    return torchaudio.transforms.MelSpectrogram(RATE, n_mels=40)(WAVE), torchaudio.functional.resample(WAVE, RATE, 8000)


def torchaudio_conformer():
    import torchaudio

    model = torchaudio.models.Conformer(16, 4, 32, 2, 7).eval()
    return model(torch.randn(1, 20, 16), torch.tensor([20]))


def transformers_wav2vec2():
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    config = Wav2Vec2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, conv_dim=(16, 16),
        conv_stride=(5, 4), conv_kernel=(10, 8), num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
        vocab_size=32,
    )  # fmt: skip
    return Wav2Vec2Model(config).eval()(WAVE[None, :4000]).last_hidden_state
