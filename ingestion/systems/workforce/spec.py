"""Spec of the workforce service: locations and cost centers by SOAP, effective-dated, with all their ids.

A version holds from its effective date; the service tells the version that holds on the day asked for, so the
date is part of the key. Identifiers: `WID` is the service's own, the others are what everyone prints.
"""

from ingestion.soap_wire import SoapPaging, SoapWire
from ingestion.spec import (
    BOOL,
    DATE,
    HTTPS_OPTIONAL,
    ColumnSpec,
    ResourceSpec,
    SystemSpec,
    TableSpec,
    column,
)

_LOCATION, _CENTER = "Location_Data", "Cost_Center_Data"
_ORGANIZATION = f"{_CENTER}.Organization_Data"


def _ids(reference: str, name: str, kind: str, *, required: bool = False) -> tuple[ColumnSpec, ColumnSpec]:
    """A reference's own id and the id that others print; further kinds of id stay in `_extension`."""
    return (
        column(f"{reference}.ID.WID", name=f"{name}_wid"),
        column(f"{reference}.ID.{kind}", name=f"{name}_id", required=required),
    )


LOCATION = TableSpec(
    name="location",
    key=("location_id", "effective_date"),
    columns=(
        *_ids("Location_Reference", "location", "Location_ID", required=True),
        column(f"{_LOCATION}.Location_ID", name="location_data_id"),
        column(f"{_LOCATION}.Effective_Date", DATE, name="effective_date", required=True, format="xsd"),
        column(f"{_LOCATION}.Location_Name", name="location_name"),
        *_ids(f"{_LOCATION}.Location_Type_Reference", "location_type", "Location_Type_ID"),
        *_ids(f"{_LOCATION}.Superior_Location_Reference", "superior_location", "Location_ID"),
        *_ids(f"{_LOCATION}.Time_Zone_Reference", "time_zone", "Time_Zone_ID"),
        column(f"{_LOCATION}.Inactive", BOOL, name="inactive"),
    ),
)

COST_CENTER = TableSpec(
    name="cost_center",
    key=("cost_center_id", "effective_date"),
    columns=(
        *_ids("Cost_Center_Reference", "cost_center", "Cost_Center_Reference_ID", required=True),
        column("Cost_Center_Reference.ID.Organization_Reference_ID", name="organization_id"),
        column(f"{_CENTER}.Effective_Date", DATE, name="effective_date", required=True, format="xsd"),
        column(f"{_ORGANIZATION}.ID", name="organization_data_id"),
        column(f"{_ORGANIZATION}.Organization_Name", name="organization_name"),
        column(f"{_ORGANIZATION}.Organization_Active", BOOL, name="organization_active"),
        *_ids(f"{_CENTER}.Organization_Container_Reference", "service_line", "Organization_Reference_ID"),
        *_ids(f"{_CENTER}.Location_Reference", "location", "Location_ID"),
        *_ids(
            f"{_CENTER}.Restricted_To_Company_or_Company_Hierarchy_Reference",
            "company",
            "Company_Reference_ID",
        ),
    ),
)

SPEC = SystemSpec(
    name="workforce",
    title="workforce and finance service",
    wire=SoapWire(
        wsdl="workforce.wsdl",
        namespace="urn:com.workday/bsvc",
        version="v42.0",
        request=(
            ("version", "{version}"),
            ("Response_Filter.As_Of_Effective_Date", "{effective}"),
            ("Response_Filter.As_Of_Entry_DateTime", "{entered}"),
            ("Response_Filter.Page", "{page}"),
            ("Response_Filter.Count", "{count}"),
            ("Response_Group.Include_Reference", "true"),
        ),
        paging=SoapPaging(
            page="Response_Results.Page",
            total_pages="Response_Results.Total_Pages",
            page_records="Response_Results.Page_Results",
            total_records="Response_Results.Total_Results",
        ),
        typed_list=("ID", "type"),
        page_size=100,
    ),
    resources=(
        ResourceSpec(
            name="location",
            path="Human_Resources/Get_Locations",
            records="Response_Data.Location",
            tables=("location",),
        ),
        ResourceSpec(
            name="cost_center",
            path="Financial_Management/Get_Cost_Centers",
            records="Response_Data.Cost_Center",
            tables=("cost_center",),
        ),
    ),
    tables=(LOCATION, COST_CENTER),
    api_version="v42.0",
    connection_required=("url", "user", "password"),
    connection_optional=("password_type", *HTTPS_OPTIONAL),
)
