"""How anchors meet positives: one file a rule, found by folder scan.

A strategy is a module with

- `KIND`, the kind of its pair sets (contract: pairs, triplets, vectors, labels), and `VIA`, what links its pairs;
- `PAPER`, where it comes from, and `PAPER_PAIRS`, the pairs an epoch the paper reports (or None);
- `EPOCHS`, how many pair epochs are drawn unless asked otherwise;
- `OPTIONS`, the fields of `Parameters` it heeds, and `CHECKS`, the files of sql/checks/ its pairs must pass;
- `prepare(inputs, parameters)`, which does what is common to all epochs and returns the function that draws one;
- `evidence(inputs, parameters)`, the tables its checks need beyond the catalogue, if they need any.
"""
