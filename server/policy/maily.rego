# What an agent may see: one question (SPEC §10.6), one decision. Whatever no rule grants is denied: each condition is
# written as what must hold and asked with `not`, so that what is missing from the question denies too.
package maily

default decision := {
	"allow": false,
	"reasons": ["input-malformed: The question to the policy lacks what it is decided by."],
	"columns": [],
	"floor": 5,
}

decision := {
	"allow": true,
	"reasons": sort(grounds),
	"columns": [column | some column in input.columns; column in given],
	"floor": floor,
} if {
	same_tenant
	count(denials) == 0
}

decision := {
	"allow": false,
	"reasons": sort(denials),
	"columns": [],
	"floor": floor,
} if {
	same_tenant
	count(denials) > 0
}

# Of another tenant's things nothing is said, not even what else was wrong.
decision := {
	"allow": false,
	"reasons": ["tenant-mismatch: The subject's tenant has nothing of this name."],
	"columns": [],
	"floor": data.grants.floor,
} if {
	not same_tenant
}

role := data.grants.roles[input.subject.role]

# Money is for one role alone, whatever the data says.
money := {"amount", "orders"}

money_role := "campaign_strategist"

# -- What must hold ----------------------------------------------------------------------------------------------------

same_tenant if {
	is_number(input.subject.tenant)
	input.subject.tenant == input.resource.tenant
}

role_known if role

region_granted if input.resource.region in input.subject.regions

region_here if input.resource.region == input.server.region

action_granted if {
	input.action in {"call", "list"}
	role.tools[input.tool]
}

# Which resources there are: each of them is then asked for by itself.
action_granted if {
	input.action == "list"
	not input.tool
	role.read
}

action_granted if {
	input.action == "read"
	role.read
}

action_granted if {
	input.action == "subscribe"
	role.subscribe
}

money_kept if input.tool != "get_revenue_metrics"

money_kept if not input.tool

money_kept if input.subject.role == money_role

purpose_needed if input.action in {"read", "subscribe"}

purpose_needed if {
	input.action == "call"
	not input.tool in data.grants.purposeless
}

purpose_held if input.resource.purpose in input.subject.purposes

purpose_consented if input.resource.purpose in input.resource.consented

# Anything but a number would compare as larger than every floor.
size_told if is_number(input.resource.size)

size_told if object.get(input.resource, "size", "absent") == "absent"

columns_told if is_array(input.columns)

floor_told if is_number(input.resource.floor)

floor_told if object.get(input.resource, "floor", "absent") == "absent"

# -- Why not -----------------------------------------------------------------------------------------------------------

denials contains "role-unknown: No such role is granted anything." if not role_known

denials contains "region-not-granted: The subject's token does not name this region." if not region_granted

denials contains "region-elsewhere: This server keeps another region's answers." if not region_here

denials contains "not-granted: The role is not granted this tool or action." if {
	role_known
	not action_granted
}

denials contains "revenue-reserved: Only campaign_strategist reads revenue." if not money_kept

denials contains "purpose-missing: The question names no purpose." if {
	purpose_needed
	not input.resource.purpose
}

# A purpose that is named is looked at, needed or not.
denials contains "purpose-not-held: The subject's token does not name this purpose." if {
	input.resource.purpose
	not purpose_held
}

denials contains "purpose-not-consented: This purpose is not agreed to now." if {
	input.resource.purpose
	not purpose_consented
}

denials contains "input-malformed: Sizes and floors are numbers." if not size_told

denials contains "input-malformed: Sizes and floors are numbers." if not floor_told

denials contains "input-malformed: The columns are not a list." if not columns_told

# -- What is given -----------------------------------------------------------------------------------------------------

granted contains column if {
	input.action in {"call", "list"}
	some column in role.tools[input.tool]
}

granted contains column if {
	input.action == "read"
	some column in role.read
}

granted contains column if {
	input.action == "subscribe"
	some column in role.subscribe
}

floors contains data.grants.floor

floors contains role.floor

floors contains floor if {
	floor := input.resource.floor
	is_number(floor)
}

floor := max(floors)

below_floor if input.resource.size < floor

withheld contains column if {
	some column in input.columns
	not column in granted
}

withheld contains column if some column in data.grants.ungranted

withheld contains column if {
	some column in money
	input.subject.role != money_role
}

withheld contains column if {
	below_floor
	some column in data.grants.counted
}

given contains column if {
	some column in granted
	not column in withheld
}

# -- Why ---------------------------------------------------------------------------------------------------------------

grounds contains concat("", ["granted: ", input.subject.role, " may ", input.action, " ", what, "."])

what := input.tool

what := "segments" if not input.tool

grounds contains "below-floor: Too few readers to tell a count." if below_floor

grounds contains concat("", ["columns-withheld: Not given here: ", concat(", ", sort(missing)), "."]) if {
	missing := {column | some column in input.columns; column in withheld}
	count(missing) > 0
}
