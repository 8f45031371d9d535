"""The offline model: a classical genetic-improvement engine that answers the prompts that language models answer.

`harness.models.offline.model.OfflineModel` is the model; importing this package alone costs nothing.
"""
