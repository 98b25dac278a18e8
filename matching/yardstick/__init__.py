"""A fictional vendor master whose truth is known: the model is trained on one seed and measured on others.

Nobody in it exists. It knows nothing of how records are read or compared, so that it stays a yardstick.
"""
