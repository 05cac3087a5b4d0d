"""Transfer: what a trained network keeps, learns anew and forgets."""
