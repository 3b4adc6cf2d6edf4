"""What makes an import of torch quick: its operators are registered with less work, on a heap that was made ready."""
