-- The labels of releases that are given by name only: one row per place of such a label.
-- Reads dump_release_labels, and discogs_label_names.sql as label_names.

select release, id
from dump_release_labels
join label_names using (name)
where coalesce(label, 0) <= 0
