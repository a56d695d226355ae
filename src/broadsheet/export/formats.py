from types import SimpleNamespace
def get_export_format(name): return SimpleNamespace(render=lambda ps: "\n".join(p.title for p in ps))
