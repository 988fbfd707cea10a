"""Embeddings of motion tokens that are computed from the codebook during training.

A free row for each motion token learns about its own code only: neighbouring codes share nothing,
and the row of a rare code stays close to its initial value. Here the rows are the output of a small
network of the normalised code vectors, so that similar codes have similar rows. After training the
rows are written out as plain numbers: the checkpoint is the same as with free rows.
"""

import torch
from torch import nn
from torch.nn import functional as F

from ..modeling_agir import AgirForGaitAssessment

_FIT_STEPS, _FIT_RATE = 400, 3e-3
_MODULE = "motion_rows"  # name of the network in a model during training


class CodebookRows(nn.Module):
    """Network from code vectors to rows of the embedding: linear, GELU, linear.

    Args:
        codebook: (K, D) code vectors. They are normalised per dimension, and are not trained.
        d_model: Width of the embedding.
    """

    def __init__(self, codebook: torch.Tensor, d_model: int):
        super().__init__()
        normalised = (codebook - codebook.mean(0)) / codebook.std(0).clamp(min=1e-6)
        self.register_buffer("codes", normalised.detach().clone(), persistent=False)
        self.hidden = nn.Linear(codebook.shape[1], 2 * d_model)
        self.output = nn.Linear(2 * d_model, d_model)

    def forward(self) -> torch.Tensor:
        """Rows (K, d_model) of the motion codes."""
        return self.output(F.gelu(self.hidden(self.codes)))

    @torch.enable_grad()
    def fit(self, rows: torch.Tensor) -> None:
        """Train the network to give existing rows, so that a training continues from them.

        Args:
            rows: (K, d_model) rows, for instance of an earlier stage.
        """
        target, scale = rows.detach().clone(), rows.detach().std().clamp(min=1e-6)
        optimizer = torch.optim.Adam(self.parameters(), lr=_FIT_RATE)
        for _ in range(_FIT_STEPS):
            optimizer.zero_grad()
            F.mse_loss(self() / scale, target / scale).backward()
            optimizer.step()
        optimizer.zero_grad()


class ComputedRowsEmbedding(nn.Embedding):
    """Embedding in which the rows of the motion codes are replaced by those of a network.

    Args:
        weight: (V, d_model) parameter; it is shared, not copied.
        rows: Network that computes the rows. It is no submodule of this module, so that the
            embedding of encoder and decoder does not contain it a second time.
        first: Index of the first row that is replaced.
    """

    def __init__(self, weight: nn.Parameter, rows: CodebookRows, first: int):
        super().__init__(*weight.shape, _weight=weight)
        self.weight = weight
        object.__setattr__(self, "rows", rows)
        self.first = first

    def forward(self, ids: torch.LongTensor) -> torch.Tensor:
        """Embeddings (…, d_model) of token ids (…)."""
        embedded = super().forward(ids)
        index = ids - self.first
        is_code = (index >= 0) & (index < len(self.rows.codes))
        if not is_code.any():
            return embedded
        computed = F.embedding(index.clamp(0, len(self.rows.codes) - 1), self.rows())
        return torch.where(is_code[..., None], computed.to(embedded.dtype), embedded)


def add_codebook_rows(model: AgirForGaitAssessment) -> None:
    """Compute the embeddings of motion tokens from the codebook, until `write_codebook_rows`.

    The network starts close to the present rows.

    Args:
        model: Model to change in place, before training.
    """
    shared = model.get_input_embeddings()
    first, codebook = model.config.motion_token_offset, model.vqvae.quantizer.codebook
    rows = CodebookRows(codebook, shared.weight.shape[1]).to(shared.weight.device)
    rows.fit(shared.weight[first : first + len(codebook)])
    setattr(model, _MODULE, rows)
    _set_embeddings(model, ComputedRowsEmbedding(shared.weight, rows, first))
    store_codebook_rows(model)


@torch.no_grad()
def store_codebook_rows(model: AgirForGaitAssessment) -> None:
    """Copy the computed rows into the weight of the embedding, so that it can be saved.

    Args:
        model: Model to change in place; nothing happens if its rows are free.
    """
    rows = getattr(model, _MODULE, None)
    if rows is not None:
        first = model.config.motion_token_offset
        values = rows()
        model.get_input_embeddings().weight[first : first + len(values)] = values


def write_codebook_rows(model: AgirForGaitAssessment) -> None:
    """Replace the network by its rows, after training; the outputs of the model stay the same.

    Args:
        model: Model to change in place; nothing happens if its rows are free.
    """
    if not hasattr(model, _MODULE):
        return
    store_codebook_rows(model)
    weight = model.get_input_embeddings().weight
    plain = nn.Embedding(*weight.shape, _weight=weight)
    plain.weight = weight
    _set_embeddings(model, plain)
    delattr(model, _MODULE)


def _set_embeddings(model: AgirForGaitAssessment, embedding: nn.Embedding) -> None:
    """Use one embedding in encoder and decoder."""
    model.model.shared = embedding
    model.model.encoder.embed_tokens = embedding
    model.model.decoder.embed_tokens = embedding
