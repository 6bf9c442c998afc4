package maily_test

import data.maily

question := {
	"server": {"region": "eu"},
	"subject": {"id": "a1", "role": "campaign_strategist", "tenant": 7, "regions": ["eu", "us"], "purposes": ["results", "offers"]},
	"action": "call",
	"tool": "get_segment",
	"resource": {"tenant": 7, "region": "eu", "segment": "eco", "purpose": "results", "consented": ["results"], "floor": 20, "size": 50},
	"columns": ["segment", "size", "options.count", "text", "reader", "amount"],
}

changed(operations) := json.patch(question, operations)

denied_by(input_document, words) if {
	decided := maily.decision with input as input_document
	decided.allow == false
	decided.columns == []
	words == [split(reason, ":")[0] | some reason in decided.reasons]
}

test_allows_what_the_role_is_granted if {
	decided := maily.decision with input as question
	decided.allow
	decided.columns == ["segment", "size", "options.count"]
	decided.floor == 20
	"granted: campaign_strategist may call get_segment." in decided.reasons
	"columns-withheld: Not given here: amount, reader, text." in decided.reasons
}

test_says_nothing_is_withheld_where_nothing_is if {
	decided := maily.decision with input as changed([{"op": "replace", "path": "/columns", "value": ["size"]}])
	decided.reasons == ["granted: campaign_strategist may call get_segment."]
}

test_denies_an_empty_question if denied_by({}, ["tenant-mismatch"])

test_denies_an_absent_tenant if {
	denied_by(changed([{"op": "remove", "path": "/subject/tenant"}, {"op": "remove", "path": "/resource/tenant"}]), ["tenant-mismatch"])
}

test_denies_a_tenant_that_is_no_number if {
	denied_by(changed([{"op": "replace", "path": "/subject/tenant", "value": "7"}, {"op": "replace", "path": "/resource/tenant", "value": "7"}]), ["tenant-mismatch"])
}

test_says_of_another_tenant_nothing_but_that if {
	denied_by(changed([{"op": "replace", "path": "/resource/tenant", "value": 8}, {"op": "replace", "path": "/tool", "value": "x"}, {"op": "replace", "path": "/resource/purpose", "value": "ads"}]), ["tenant-mismatch"])
}

test_denies_an_unknown_role if {
	denied_by(changed([{"op": "replace", "path": "/subject/role", "value": "root"}]), ["role-unknown"])
}

test_denies_an_absent_role if denied_by(changed([{"op": "remove", "path": "/subject/role"}]), ["role-unknown"])

test_denies_a_tool_that_is_not_granted if {
	denied_by(changed([{"op": "replace", "path": "/subject/role", "value": "toolsmith"}, {"op": "replace", "path": "/tool", "value": "get_reader_preferences"}]), ["not-granted"])
}

test_denies_an_unknown_tool if denied_by(changed([{"op": "replace", "path": "/tool", "value": "drop_table"}]), ["not-granted"])

test_denies_a_call_of_no_tool if denied_by(changed([{"op": "remove", "path": "/tool"}]), ["not-granted"])

test_denies_an_unknown_action if denied_by(changed([{"op": "replace", "path": "/action", "value": "write"}]), ["not-granted"])

test_denies_a_region_outside_the_token if {
	denied_by(changed([{"op": "replace", "path": "/subject/regions", "value": ["us"]}]), ["region-not-granted"])
}

test_denies_another_servers_region if {
	denied_by(changed([{"op": "replace", "path": "/resource/region", "value": "us"}]), ["region-elsewhere"])
}

test_denies_where_the_server_says_no_region if denied_by(changed([{"op": "remove", "path": "/server"}]), ["region-elsewhere"])

test_keeps_revenue_for_one_role if {
	every role in ["toolsmith", "compliance_guard"] {
		denied_by(changed([{"op": "replace", "path": "/subject/role", "value": role}, {"op": "replace", "path": "/tool", "value": "get_revenue_metrics"}]), ["not-granted", "revenue-reserved"])
	}
	decided := maily.decision with input as changed([{"op": "replace", "path": "/tool", "value": "get_revenue_metrics"}])
	decided.columns == ["size", "amount"]
}

test_keeps_money_from_others_whatever_the_data_grants if {
	generous := {"toolsmith": {"tools": {"get_segment": ["size", "amount", "orders"], "get_revenue_metrics": ["amount"]}}}
	asked := changed([{"op": "replace", "path": "/subject/role", "value": "toolsmith"}])
	decided := maily.decision with input as asked with data.grants.roles as generous
	decided.columns == ["size"]
	refused := maily.decision with input as object.union(asked, {"tool": "get_revenue_metrics"}) with data.grants.roles as generous
	not refused.allow
}

test_gives_nobody_what_is_ungranted if {
	generous := {"toolsmith": {"tools": {"get_segment": ["size", "text.uncleared", "contact"]}}}
	asked := changed([{"op": "replace", "path": "/subject/role", "value": "toolsmith"}, {"op": "replace", "path": "/columns", "value": ["contact", "text.uncleared", "size"]}])
	decided := maily.decision with input as asked with data.grants.roles as generous
	decided.columns == ["size"]
}

test_lists_no_tool_that_is_not_granted if {
	denied_by(changed([{"op": "replace", "path": "/action", "value": "list"}, {"op": "replace", "path": "/subject/role", "value": "toolsmith"}, {"op": "replace", "path": "/tool", "value": "get_reader_preferences"}]), ["not-granted"])
}

test_lets_every_role_read_without_a_tool if {
	every role in ["toolsmith", "compliance_guard"] {
		decided := maily.decision with input as changed([{"op": "replace", "path": "/subject/role", "value": role}, {"op": "replace", "path": "/action", "value": "read"}, {"op": "remove", "path": "/tool"}])
		decided.allow
	}
}

test_gives_no_columns_of_a_tool_to_who_reads if {
	asked := changed([{"op": "replace", "path": "/action", "value": "read"}])
	decided := maily.decision with input as asked with data.grants.roles as {"campaign_strategist": {"tools": {"get_segment": ["size"]}, "read": ["segment"]}}
	decided.columns == ["segment"]
}

test_needs_a_purpose if denied_by(changed([{"op": "remove", "path": "/resource/purpose"}]), ["purpose-missing"])

test_needs_a_purpose_of_the_token if {
	denied_by(changed([{"op": "replace", "path": "/resource/purpose", "value": "ads"}, {"op": "replace", "path": "/resource/consented", "value": ["ads"]}]), ["purpose-not-held"])
}

test_needs_a_purpose_that_is_agreed_to if {
	denied_by(changed([{"op": "replace", "path": "/resource/consented", "value": []}]), ["purpose-not-consented"])
	denied_by(changed([{"op": "remove", "path": "/resource/consented"}]), ["purpose-not-consented"])
}

test_needs_no_purpose_where_no_reader_is_touched if {
	every tool in ["list_segments", "explain_decision"] {
		decided := maily.decision with input as changed([{"op": "replace", "path": "/tool", "value": tool}, {"op": "remove", "path": "/resource/purpose"}])
		decided.allow
	}
}

test_needs_no_purpose_to_list_a_tool if {
	decided := maily.decision with input as changed([{"op": "replace", "path": "/action", "value": "list"}, {"op": "remove", "path": "/resource/purpose"}])
	decided.allow
}

test_lists_resources_to_who_may_read_them if {
	asked := changed([{"op": "replace", "path": "/action", "value": "list"}, {"op": "remove", "path": "/tool"}, {"op": "remove", "path": "/resource/purpose"}])
	decided := maily.decision with input as asked
	decided.allow
	decided.columns == []
	refused := maily.decision with input as asked with data.grants.roles as {"campaign_strategist": {"tools": {}}}
	not refused.allow
}

test_looks_at_a_purpose_that_is_named if {
	denied_by(changed([{"op": "replace", "path": "/tool", "value": "list_segments"}, {"op": "replace", "path": "/resource/purpose", "value": "ads"}]), ["purpose-not-consented", "purpose-not-held"])
}

test_reads_and_follows_segments if {
	every action in ["read", "subscribe"] {
		asked := changed([{"op": "replace", "path": "/action", "value": action}, {"op": "remove", "path": "/tool"}])
		decided := maily.decision with input as asked
		decided.allow
		"size" in decided.columns
		concat("", ["granted: campaign_strategist may ", action, " segments."]) in decided.reasons
	}
}

test_reads_and_follows_nothing_that_is_not_granted if {
	every action in ["read", "subscribe"] {
		asked := changed([{"op": "replace", "path": "/action", "value": action}, {"op": "remove", "path": "/tool"}])
		decided := maily.decision with input as asked with data.grants.roles as {"campaign_strategist": {"tools": {}}}
		not decided.allow
	}
}

test_needs_a_purpose_to_read if {
	denied_by(changed([{"op": "replace", "path": "/action", "value": "read"}, {"op": "remove", "path": "/tool"}, {"op": "remove", "path": "/resource/purpose"}]), ["purpose-missing"])
}

test_leaves_counts_out_below_the_floor if {
	decided := maily.decision with input as changed([{"op": "replace", "path": "/resource/size", "value": 19}])
	decided.allow
	decided.columns == ["segment"]
	"below-floor: Too few readers to tell a count." in decided.reasons
}

test_tells_counts_at_the_floor if {
	decided := maily.decision with input as changed([{"op": "replace", "path": "/resource/size", "value": 20}])
	"size" in decided.columns
}

test_takes_the_highest_floor if {
	low := maily.decision with input as changed([{"op": "replace", "path": "/resource/floor", "value": 1}])
	low.floor == data.grants.floor
	none := maily.decision with input as changed([{"op": "remove", "path": "/resource/floor"}])
	none.allow
	none.floor == data.grants.floor
	of_role := maily.decision with input as question with data.grants.roles as {"campaign_strategist": {"floor": 100, "tools": {"get_segment": ["size"]}}}
	of_role.floor == 100
	of_role.columns == []
}

test_takes_no_size_and_no_floor_but_numbers if {
	denied_by(changed([{"op": "replace", "path": "/resource/size", "value": "3"}]), ["input-malformed"])
	denied_by(changed([{"op": "replace", "path": "/resource/size", "value": null}]), ["input-malformed"])
	denied_by(changed([{"op": "replace", "path": "/resource/floor", "value": "3"}]), ["input-malformed"])
}

test_says_a_floor_that_is_a_number_whatever_was_asked if {
	decided := maily.decision with input as changed([{"op": "replace", "path": "/resource/floor", "value": "3"}])
	decided.floor == 5
}

test_takes_an_absent_size if {
	decided := maily.decision with input as changed([{"op": "remove", "path": "/resource/size"}])
	"size" in decided.columns
}

test_takes_no_columns_but_a_list if {
	denied_by(changed([{"op": "replace", "path": "/columns", "value": {"0": "size"}}]), ["input-malformed"])
	denied_by(changed([{"op": "remove", "path": "/columns"}]), ["input-malformed"])
}

# Without grants there is not even a floor.
test_denies_what_is_undecided if {
	maily.decision == {
		"allow": false,
		"reasons": ["input-malformed: The question to the policy lacks what it is decided by."],
		"columns": [],
		"floor": 5,
	} with input as changed([{"op": "remove", "path": "/resource/floor"}]) with data.grants as {}
}

# -- The grants themselves ---------------------------------------------------------------------------------------------

all_columns(role) := ({column | some columns in role.tools; some column in columns} | {column | some column in object.get(role, "read", [])}) | {column | some column in object.get(role, "subscribe", [])}

test_money_is_granted_to_one_role if {
	{name | some name, role in data.grants.roles; count(all_columns(role) & {"amount", "orders"}) > 0} == {"campaign_strategist"}
	{name | some name, role in data.grants.roles; role.tools.get_revenue_metrics} == {"campaign_strategist"}
}

test_texts_never_meet_readers_or_money if {
	every role in data.grants.roles {
		not texts_meet_secrets(role)
	}
}

texts_meet_secrets(role) if {
	"text" in all_columns(role)
	count(all_columns(role) & {"reader", "preferences", "amount", "orders"}) > 0
}

test_no_role_is_granted_what_is_ungranted if {
	every role in data.grants.roles {
		count(all_columns(role) & {column | some column in data.grants.ungranted}) == 0
	}
}
