"""What a model is worth: perplexity, calibration, what its scripts are like; told as a report and a model card."""
