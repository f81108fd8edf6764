"""What every figure is drawn with: text that is measured, a sheet, a layout in layers."""
