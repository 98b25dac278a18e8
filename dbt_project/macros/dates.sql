{#- Dates and half-open intervals [valid_from, valid_to); a null end is open (domain_rules 3.0.2). -#}

{% macro in_interval(day, valid_from, valid_to) -%}
    ({{ day }} >= coalesce({{ valid_from }}, date '0001-01-01') and {{ day }} < coalesce({{ valid_to }}, date '9999-12-31'))
{%- endmacro %}

{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'concord')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    cast({{ day }} + cast({{ days }} as integer) as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{#- Whole days from `start` to `finish`. -#}
{% macro days_between(start, finish) -%}
    {{ return(adapter.dispatch('days_between', 'concord')(start, finish)) }}
{%- endmacro %}

{% macro default__days_between(start, finish) -%}
    ({{ finish }} - {{ start }})
{%- endmacro %}

{% macro spark__days_between(start, finish) -%}
    datediff({{ finish }}, {{ start }})
{%- endmacro %}

{#- The last day of the month in which `day` lies. -#}
{% macro last_of_month(day) -%}
    {%- set in_the_next = add_days("cast(date_trunc('month', " ~ day ~ ') as date)', 32) -%}
    {{ add_days("cast(date_trunc('month', " ~ in_the_next ~ ') as date)', -1) }}
{%- endmacro %}

{#- Mondays to Fridays after `start` up to and with `finish`; holidays are nobody's here. -#}
{% macro business_days_between(start, finish) -%}
    ({{ weekdays_until(finish) }} - {{ weekdays_until(start) }})
{%- endmacro %}

{% macro weekdays_until(day) -%}
    {%- set days = '(' ~ days_between("date '1900-01-01'", day) ~ ' + 1)' -%}
    (5 * {{ divide('(' ~ days ~ ' - ' ~ days ~ ' % 7)', '7', 0) }} + least({{ days }} % 7, 5))
{%- endmacro %}

{#- Seconds from `start` to `finish` (UTC timestamps). -#}
{% macro seconds_between(start, finish) -%}
    {{ return(adapter.dispatch('seconds_between', 'concord')(start, finish)) }}
{%- endmacro %}

{% macro default__seconds_between(start, finish) -%}
    cast(date_diff('second', {{ start }}, {{ finish }}) as bigint)
{%- endmacro %}

{% macro spark__seconds_between(start, finish) -%}
    (unix_timestamp({{ finish }}) - unix_timestamp({{ start }}))
{%- endmacro %}

{#- The calendar day of a UTC timestamp in a named time zone. -#}
{% macro local_date(moment, zone) -%}
    {{ return(adapter.dispatch('local_date', 'concord')(moment, zone)) }}
{%- endmacro %}

{% macro default__local_date(moment, zone) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ moment }})) as date)
{%- endmacro %}

{% macro spark__local_date(moment, zone) -%}
    cast(from_utc_timestamp({{ moment }}, {{ zone }}) as date)
{%- endmacro %}

{#- The fiscal year of a day, named by the calendar year it ends in; it begins with month `first_month`. -#}
{% macro fiscal_year(day, first_month) -%}
    (
        cast(substr(cast({{ day }} as string), 1, 4) as integer)
        + case
            when {{ first_month }} > 1 and cast(substr(cast({{ day }} as string), 6, 2) as integer) >= {{ first_month }} then 1
            else 0
        end
    )
{%- endmacro %}
