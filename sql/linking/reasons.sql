-- one row per kind of reason, numbers left out, the most frequent first.
select regexp_replace(regexp_replace(reason, ' [0-9.]+', ' less', 'g'), '; [0-9]+ s apart', '') as reason, count(*) as links
from links
group by all
order by links desc, reason
