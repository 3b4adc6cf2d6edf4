"""Programs that nobody here wrote, run with stock torch and on the layer."""
