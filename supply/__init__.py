"""What the image is built from: its bill of materials, its list, and whether it was audited."""
