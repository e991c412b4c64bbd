"""Objectives: one file each, found by folder scan.

A file holds the function that bears its name: tensors in, a scalar tensor out, nothing kept. Rules common to all:

- **Names carry shapes.** B batch, D dimensions, N candidates of all ranks, V vocabulary, L labels of a track (padded
  with -1), K predicted steps, M modalities or levels. The contract tests build their inputs from the names alone.
- **A mean over the batch.** Where a paper sums over the batch (colisten-2020 eq. 1 and 2, crossmodal-2021 eq. 9) we
  divide by B, so that the loss does not depend on the batch size and gradients averaged over ranks are those of one
  big batch. A row that has nothing to say (no labels, a missing modality, no negatives left) adds zero and still
  counts in B: the weights of the other rows stay those of the papers' sums.
- **Group ids.** Rows of equal id are never each other's negatives; the row's own positive always counts. Without ids
  every row is its own group.
- **`negatives="global"`** compares with the candidates of all ranks: the mean over ranks of loss and gradient is then
  that of one rank with the whole batch (all ranks need batches of one size). Batch norm breaks this, for each rank
  normalises with the statistics of its own part: convert to `SyncBatchNorm` for the same figures.
- **float32 at least.** Half-precision inputs are widened and autocast is off inside, so that similarities of 1/0.01
  keep their digits; float64 stays float64.
"""
