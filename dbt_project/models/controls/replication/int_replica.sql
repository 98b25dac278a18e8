-- One row per kind of document, entity, master and instance that holds copies: the grace copies have, and until when silence counts (domain_rules 3.2, 3.15).
with

policies as (
    select * from {{ ref('stg_landscape__system_of_record') }}
    where attribute_group = 'document'
),
instances as (select * from {{ ref('stg_landscape__instance') }}),
parameters as (
    select * from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'REPLICATION_GRACE_HOURS'
),
run as (select * from {{ ref('stg_landscape__run') }}),

paired as (
    select
        replicas.domain,
        coalesce(replicas.entity_scope, masters.entity_scope) as legal_entity_code,
        masters.source_instance as master_instance,
        replicas.source_instance as replica_instance,
        replicas.valid_from,
        replicas.valid_to
    from policies as replicas
    inner join policies as masters
        on
            replicas.domain = masters.domain
            and masters.write_policy = 'MASTER'
            and replicas.source_instance <> masters.source_instance
            and coalesce(replicas.entity_scope = masters.entity_scope, true)
    where replicas.write_policy = 'REPLICA'
),

subjects as (
    select
        paired.*,
        cast(null as string) as supplier_number,
        cast(null as string) as facility_code,
        cast(null as string) as facility_type,
        cast(null as string) as category_code,
        upper(paired.domain) as document_type,
        run.as_of as on_date
    from paired
    cross join run
),

graced as (
    select
        subjects.*,
        try_cast(parameters.value as decimal(18, 6)) as grace_hours,
        row_number() over (
            partition by
                subjects.domain, subjects.legal_entity_code, subjects.master_instance, subjects.replica_instance,
                subjects.valid_from
            order by {{ scope_specificity('parameters') }} desc nulls last, parameters.value nulls last
        ) as preference
    from subjects
    left join parameters on {{ scope_fits('parameters', 'subjects') }}
),

-- A system that was not read since cannot be blamed for what it does not show.
final as (
    select
        graced.domain,
        graced.legal_entity_code,
        graced.master_instance,
        graced.replica_instance,
        graced.valid_from,
        graced.valid_to,
        coalesce(graced.grace_hours, 24) as grace_hours,
        greatest(
            coalesce(masters.history_starts_on, date '0001-01-01'),
            coalesce(replicas.history_starts_on, date '0001-01-01')
        ) as history_starts_on,
        least(
            run.as_of_ends_at,
            coalesce(masters.last_loaded_at, timestamp '0001-01-01 00:00:00'),
            coalesce(replicas.last_loaded_at, timestamp '0001-01-01 00:00:00')
        ) as judged_until
    from graced
    cross join run
    inner join instances as masters on graced.master_instance = masters.source_instance
    inner join instances as replicas on graced.replica_instance = replicas.source_instance
    where graced.preference = 1
)

select * from final
