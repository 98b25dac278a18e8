-- One row per supplier record or bank account and code of an identifier that cannot be right, in the shape of all findings (domain_rules 3.6.1).
with

suppliers as (select * from {{ ref('int_identifier__supplier') }}),
accounts as (
    select
        *,
        coalesce({{ json_text('extension', 'bank_country') }}, 'US') = 'US' as is_domestic
    from {{ ref('can_supplier_bank_account') }}
    where not is_deleted
),
records as (select * from {{ ref('dim_supplier_record') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
codes as (select * from {{ ref('exception_code') }}),

{% set of_suppliers = [
    ('TIN_FORMAT', 'is_tin_malformed'), ('TIN_PLACEHOLDER', 'is_tin_placeholder'), ('TIN_SHARED', 'is_tin_shared'),
    ('TIN_MISSING', 'is_tin_missing'), ('NPI_INVALID', 'is_npi_invalid'), ('DUNS_FORMAT', 'is_duns_malformed'),
    ('UEI_FORMAT', 'is_uei_malformed'),
] %}
{% set of_accounts = [
    ('ABA_INVALID', 'routing_number', 'is_domestic'), ('IBAN_INVALID', 'iban', 'true'),
    ('ACCT_FORMAT', 'account_number', 'is_domestic'),
] %}
found as (
    {%- for code, condition in of_suppliers %}
    select
        'supplier' as entity_type,
        source_instance,
        native_id,
        '{{ code }}' as code,
        coalesce(legal_name, native_id) as business_key,
        cast(null as string) as legal_entity_code,
        supplier_key,
        {{ 'paid_amount' if code == 'TIN_MISSING' else 'cast(null as decimal(18, 2))' }} as amount_at_risk,
        {{ json_object({
            'name': 'legal_name',
            'tax_id_last4': 'tax_id_last4',
            'npi': 'npi',
            'duns': 'duns',
            'uei': 'uei',
            'other_supplier': 'other_name' if code == 'TIN_SHARED' else 'cast(null as string)',
        }) }} as evidence
    from suppliers
    where {{ condition }}
    union all
    {%- endfor %}
    {%- for code, column, condition in of_accounts %}
    select
        'supplier_bank_account' as entity_type,
        accounts.source_instance,
        accounts.native_id,
        '{{ code }}' as code,
        coalesce(records.legal_name, accounts.supplier_id) as business_key,
        cast(null as string) as legal_entity_code,
        records.supplier_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        {{ json_object({
            'last4': json_text('accounts.extension', column ~ '_last4'),
            'verdict': json_text('accounts.extension', column ~ '_verdict'),
            'payee_name': 'accounts.payee_name',
        }) }} as evidence
    from accounts
    cross join run
    left join records
        on accounts.source_instance = records.source_instance and accounts.supplier_id = records.native_id
    where
        {{ condition }}
        and coalesce(accounts.valid_to > run.as_of, true)
        and {{ json_text('accounts.extension', column ~ '_verdict') }}
        in ('INVALID_FORMAT', 'INVALID_CHECK_DIGIT', 'PLACEHOLDER')
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    {{ finding_rows('found') }}
)

select * from final
