-- One row per supplier record: the identifiers that may tell who it is (domain_rules 3.6.1).
with

suppliers as (select * from {{ ref('can_supplier') }}),

read as (
    select
        suppliers.*,
        {{ replace_pattern("coalesce(duns, '')", '[^0-9]', '') }} as duns_digits
    from suppliers
),

{% set most_names = 5 %}
-- One valid number under more names than a company has is a placeholder and says nothing about who it is.
placeholders as (
    select tax_id
    from suppliers
    where {{ json_text('extension', 'tax_id_verdict') }} = 'VALID'
    group by tax_id
    having count(distinct {{ normalized_name('legal_name') }}) > {{ most_names }}
),

final as (
    select
        supplier_key as record_key,
        source_system,
        source_instance,
        native_id,
        source_instance || '|' || native_id as reference,
        supplier_id,
        supplier_number,
        legal_name,
        dba_name,
        read.tax_id,
        {{ json_text('extension', 'tax_id_verdict') }} as tax_id_verdict,
        {{ json_text('extension', 'tax_id_near') }} as tax_id_near,
        tax_country,
        read.duns as raw_duns,
        uei,
        npi,
        lei,
        {{ json_text('extension', 'cross_reference_number') }} as cross_reference_number,
        {{ json_text('extension', 'external_reference') }} as external_reference,
        case
            when {{ json_text('extension', 'tax_id_verdict') }} = 'VALID' and placeholders.tax_id is null
                then read.tax_id
        end as valid_tax_id,
        case
            when
                length(duns_digits) = 9
                and duns_digits <> '123456789'
                and replace(duns_digits, substr(duns_digits, 1, 1), '') <> ''
                then duns_digits
        end as duns,
        nullif({{ normalized_name('legal_name') }}, '') as normalized_name
    from read
    left join placeholders on read.tax_id = placeholders.tax_id
)

select * from final
