-- One row per bank account of a supplier record and stretch of time in which nothing about the payee changed (domain_rules 3.6.6).
with

versions as (
    select
        *,
        {{ concord_key(['routing_number', 'account_number', 'iban', 'site_id', plain_name('payee_name')]) }}
            as fingerprint
    from {{ ref('can_supplier_bank_account_version') }}
),
run as (select * from {{ ref('stg_landscape__run') }}),
controls as (
    select max(try_cast(value as date)) as starts_on
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'BANK_CONTROL_STARTS_ON'
),

{% set of_record = 'partition by source_instance, record_id order by version_number' %}
compared as (
    select
        versions.*,
        lag(fingerprint) over ({{ of_record }}) as earlier_fingerprint,
        lag(valid_from) over ({{ of_record }}) as earlier_valid_from,
        min(known_from) over (partition by source_instance) as first_loaded_at
    from versions
),

stretched as (
    select
        compared.*,
        sum(case when fingerprint is distinct from earlier_fingerprint then 1 else 0 end) over (
            {{ of_record }} rows between unbounded preceding and current row
        ) as stretch
    from compared
),

bounds as (
    select
        source_instance,
        record_id,
        stretch,
        min(version_number) as first_version,
        max(version_number) as last_version
    from stretched
    group by source_instance, record_id, stretch
),

-- The source's own word when the change was made comes first, then the day the account holds from, then when it was seen.
periods as (
    select
        firsts.*,
        coalesce(
            firsts.changed_at,
            case
                when firsts.valid_from is distinct from firsts.earlier_valid_from
                    then cast(firsts.valid_from as timestamp)
            end,
            firsts.known_from
        ) as started_at,
        case when lasts.is_deleted then cast(lasts.known_from as date) else lasts.valid_to end as closed_on,
        lasts.is_deleted as is_closed
    from bounds
    inner join stretched as firsts
        on
            bounds.source_instance = firsts.source_instance
            and bounds.record_id = firsts.record_id
            and bounds.first_version = firsts.version_number
    inner join stretched as lasts
        on
            bounds.source_instance = lasts.source_instance
            and bounds.record_id = lasts.record_id
            and bounds.last_version = lasts.version_number
),

{% set of_supplier = 'partition by source_instance, supplier_id order by started_at, known_from, native_id' %}
{% set of_account = 'partition by source_instance, bank_account_id order by started_at, known_from, native_id' %}
ordered as (
    select
        periods.*,
        lead(cast(started_at as date)) over ({{ of_account }}) as replaced_on,
        row_number() over ({{ of_supplier }}) as place,
        lag({{ json_text('extension', 'account_last4') }}) over ({{ of_supplier }}) as earlier_last4
    from periods
),

final as (
    select
        ordered.supplier_bank_account_version_key as bank_period_key,
        ordered.source_instance,
        ordered.record_id,
        ordered.bank_account_id,
        ordered.supplier_id,
        ordered.source_instance || '|' || ordered.native_id as subject_key,
        ordered.fingerprint,
        {{ account_token('ordered') }} as account_token,
        {{ json_text('ordered.extension', 'account_last4') }} as account_last4,
        ordered.earlier_last4,
        ordered.payee_name,
        ordered.changed_by,
        ordered.started_at,
        ordered.known_from as first_seen_at,
        least(ordered.closed_on, ordered.replaced_on) as ended_on,
        ordered.replaced_on is null
        and not ordered.is_closed
        and coalesce(ordered.closed_on > run.as_of, true) as is_in_force,
        ordered.known_from = ordered.first_loaded_at
        and (ordered.place = 1 or coalesce(cast(ordered.started_at as date) < controls.starts_on, true)) as is_opening
    from ordered
    cross join run
    cross join controls
)

select * from final
