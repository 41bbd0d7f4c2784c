"""The soft back as finite elements: mesh, material, mesh files, and an elasticity of its own as a third opinion."""
