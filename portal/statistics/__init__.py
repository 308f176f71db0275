"""Statistics (统计): what units accepted, answered and let stand, counted by day, shown, compared and taken away."""
