-- Why records were not taken: one row per reason.

select count(*) as records, reason, count(distinct file) as files, min(file) as first_file, min(excerpt) as example
from rejects
group by reason
order by records desc, reason;
