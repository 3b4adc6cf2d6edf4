"""Programs of others for images: networks with random weights."""
# ruff: noqa: ANN001, ANN201
# mypy: ignore-errors

import torch


def image(size=64, channels=3, number=1):
    return torch.rand(number, channels, size, size)


def timm_resnet():
    import timm

    return timm.create_model("resnet18", num_classes=10).eval()(image())


def timm_vit():
    import timm

    model = timm.create_model("vit_tiny_patch16_224", img_size=64, num_classes=10)
    return model.eval()(image())


def timm_efficientnet():
    import timm

    return timm.create_model("efficientnet_b0", num_classes=10).eval()(image())


def torchvision_mobilenet():
    import torchvision

    return torchvision.models.mobilenet_v3_small().eval()(image())


def torchvision_transforms():
    from torchvision.transforms import v2

    return v2.Compose([v2.Resize(40), v2.CenterCrop(32), v2.Normalize([0.5] * 3, [0.2] * 3)])(image())


def efficientnet_pytorch():
    from efficientnet_pytorch import EfficientNet

    return EfficientNet.from_name("efficientnet-b0", num_classes=10).eval()(image())


def segmentation_models_unet():
    import segmentation_models_pytorch as smp

    return smp.Unet("resnet18", encoder_weights=None, classes=2).eval()(image())


def segmentation_models_deeplab():
    import segmentation_models_pytorch as smp

    return smp.DeepLabV3Plus("mobilenet_v2", encoder_weights=None, classes=2).eval()(image())


def kornia_filters():
    import kornia

    return kornia.filters.gaussian_blur2d(image(), (5, 5), (1.5, 1.5)), kornia.filters.sobel(image())


def kornia_warps():
    import kornia

    matrix = kornia.geometry.get_rotation_matrix2d(torch.tensor([[32.0, 32]]), torch.tensor([30.0]), torch.ones(1, 2))
    return kornia.geometry.warp_affine(image(), matrix, (64, 64))


def kornia_augments():
    import kornia.augmentation as augmentation

    return augmentation.AugmentationSequential(
        augmentation.RandomHorizontalFlip(p=0.5), augmentation.ColorJitter(0.1, 0.1, 0.1, 0.1, p=1.0)
    )(image(number=3))


def diffusers_unet():
    from diffusers import UNet2DModel

    model = UNet2DModel(
        sample_size=16, block_out_channels=(32, 32), layers_per_block=1, norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    return model.eval()(image(16), 3).sample


def diffusers_samples():
    from diffusers import DDIMScheduler, UNet2DModel

    model = UNet2DModel(
        sample_size=8, block_out_channels=(16, 16), layers_per_block=1, norm_num_groups=8,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    ).eval()  # fmt: skip
    scheduler, sample = DDIMScheduler(), torch.randn(1, 3, 8, 8)
    scheduler.set_timesteps(4)
    for step in scheduler.timesteps:
        sample = scheduler.step(model(sample, step).sample, step, sample).prev_sample
    return sample


def denoising_diffusion_pytorch():
    from denoising_diffusion_pytorch import GaussianDiffusion, Unet

    diffusion = GaussianDiffusion(Unet(dim=8, dim_mults=(1, 2)), image_size=16, timesteps=3)
    return diffusion.sample(batch_size=1)


def vit_pytorch():
    from vit_pytorch import ViT

    model = ViT(image_size=64, patch_size=16, num_classes=10, dim=32, depth=2, heads=4, mlp_dim=64)
    return model.eval()(image())


def open_clip():
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    seen = CLIPVisionCfg(layers=2, width=32, head_width=8, patch_size=16, image_size=64)
    model = CLIP(16, seen, CLIPTextCfg(context_length=12, vocab_size=50, width=32, heads=4, layers=2)).eval()
    return model.encode_image(image()), model.encode_text(torch.arange(12)[None])


def transformers_vit():
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=64)
    return ViTModel(config).eval()(image()).last_hidden_state


def transformers_clip():
    from transformers import CLIPConfig, CLIPModel

    text = {"vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    seen = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 64, "patch_size": 16}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=seen, projection_dim=16)).eval()
    return model(input_ids=torch.arange(12)[None], pixel_values=image()).logits_per_image


def axial_attention():
    from axial_attention import AxialAttention

    return AxialAttention(dim=8, dim_index=1, heads=2, num_dimensions=2)(torch.randn(1, 8, 10, 10))


def lpips_with_its_weights():
    import lpips

    return lpips.LPIPS(net="squeeze", pnet_rand=True, verbose=False).eval()(image(), image())


def piq():
    import piq

    return piq.ssim(image(), image()), piq.vif_p(image(), image()), piq.haarpsi(image(), image())


def pytorch_msssim():
    from pytorch_msssim import ms_ssim, ssim

    return ssim(image(), image()), ms_ssim(image(192), image(192))


def pytorch_wavelets():
    from pytorch_wavelets import DWTForward

    low, high = DWTForward(J=2, wave="db3", mode="zero")(image())
    return [low, *high]
