"""What learns: examples, replay, rounds of DeepSpeed through Ray Train, evaluation, tracking."""

import logging

# transformers imports DeepSpeed wherever it is installed, which then warns whoever has no GPU: on a laptop that is no news.
logging.getLogger("DeepSpeed").addFilter(lambda record: not record.getMessage().startswith("Setting accelerator to CPU"))
