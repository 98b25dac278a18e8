-- One row per golden supplier and excluded party that may be it: how sure that is and what a person said (domain_rules 3.6.2).
with

candidates as (select * from {{ ref('int_screening__candidate') }}),
entries as (select * from {{ ref('int_screening__entry') }}),
lists as (select * from {{ ref('int_screening__list') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'SCREENING_HIT'),
successors as (select * from {{ ref('bridge_supplier_x_successor') }} where redirect_type = 'MERGED'),

-- The surest rule speaks for the pair, whichever list, place or name it came by.
ranked as (
    select
        candidates.*,
        entries.entry_reference,
        row_number() over (
            partition by candidates.supplier_key, entries.entry_reference
            order by candidates.step, candidates.is_same_zip desc nulls last, candidates.screening_entry_key
        ) as preference
    from candidates
    inner join entries on candidates.screening_entry_key = entries.screening_entry_key
),

latest as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

-- A word names the golden key of its day; it goes on for the supplier that key was given up for. Of words about
-- suppliers that became one, that one of them is excluded holds until it is taken back.
words as (
    select
        latest.*,
        coalesce(successors.current_key, split_part(latest.subject_key, '~', 1))
        || substr(latest.subject_key, length(split_part(latest.subject_key, '~', 1)) + 1) as current_subject_key,
        row_number() over (
            partition by
                coalesce(successors.current_key, split_part(latest.subject_key, '~', 1)),
                substr(latest.subject_key, length(split_part(latest.subject_key, '~', 1)) + 1)
            order by case when latest.decision = 'CONFIRM' then 0 else 1 end, latest.seq desc nulls last
        ) as preference
    from latest
    left join successors on split_part(latest.subject_key, '~', 1) = successors.supplier_key
    where latest.recency = 1
),

final as (
    select
        -- Whoever answers again answers the question that was asked.
        coalesce(words.subject_key, ranked.supplier_key || '~' || ranked.entry_reference) as subject_key,
        ranked.supplier_key,
        ranked.entry_reference,
        suppliers.supplier_name,
        suppliers.source_instance,
        suppliers.native_id,
        ranked.rule_code,
        ranked.code as ladder_code,
        case words.decision when 'CONFIRM' then 'HIT_CONFIRM' when 'CLEAR' then null else ranked.code end as code,
        case words.decision
            when 'CONFIRM' then 'CONFIRMED' when 'CLEAR' then 'CLEARED'
            else case when ranked.code = 'HIT_CONFIRM' then 'CONFIRMED' else 'OPEN' end
        end as status,
        coalesce(words.decision = 'CONFIRM', words.decision is null and ranked.code = 'HIT_CONFIRM')
            as is_payment_held,
        ranked.matched_name,
        ranked.is_same_zip,
        entries.source_instance as list_instance,
        entries.list_code,
        lists.listed_on,
        entries.listed_name,
        entries.npi,
        entries.address,
        entries.city,
        entries.region,
        entries.postal_code,
        entries.exclusion_type,
        entries.excluded_on,
        entries.waived_on,
        entries.waiver_region,
        words.decision,
        words.actor as decided_by,
        words.decided_at,
        words.reason
    from ranked
    inner join entries on ranked.screening_entry_key = entries.screening_entry_key
    inner join suppliers on ranked.supplier_key = suppliers.supplier_key
    left join lists on entries.source_instance = lists.source_instance and entries.list_code = lists.list_code
    left join words
        on ranked.supplier_key || '~' || ranked.entry_reference = words.current_subject_key and words.preference = 1
    where ranked.preference = 1
)

select * from final
