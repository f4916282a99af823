"""The promises to people in a room, a sentence each, and the tests that show them: `file::name`, or for the page's
models `file::sentence`."""

SHOWN_BY: dict[str, tuple[str, ...]] = {
    # ---- Layout
    "Rooms stand at the side, with what is unread in each": (
        "test_unread.py::test_messages_and_mentions_in_another_room_are_counted_at_the_side_and_in_the_title",
    ),
    "A room in which I am mentioned is marked at the side": (
        "test_unread.py::test_messages_and_mentions_in_another_room_are_counted_at_the_side_and_in_the_title",
    ),
    "On a phone the rooms are a drawer, closed by a tap outside, a swipe or Escape": (
        "test_room_page.py::test_drawers_of_a_phone_close_by_a_swipe_towards_their_edge_a_tap_beside_them_and_escape",
    ),
    "The page fills the window of a phone, zooms, and opens no keyboard by itself": (
        "test_page.py::test_page_fills_the_window_of_a_phone_and_opens_no_keyboard",
    ),
    "The page looks right with two letters for a name and with forty, with one message and with thousands": (
        "test_page.py::test_long_names_never_overflow_the_window",
        "test_window.py::test_page_stays_small_and_steady_while_a_long_conversation_is_read",
    ),
    "The first load of a room is light": (
        "test_weight.py::test_first_load_of_a_full_room_is_small_and_only_from_this_site",
        "test_static_files.py::test_a_second_page_asks_for_no_file_again",
    ),
    # ---- Reading
    "The newest messages are in the page before any script runs": (
        "test_page.py::test_newest_messages_are_there_without_any_script",
    ),
    "Nothing moves when the scripts begin": ("test_history.py::test_layout_does_not_shift_when_scripts_start",),
    "Older messages load on the way up, without moving what is read": (
        "test_window.py::test_page_stays_small_and_steady_while_a_long_conversation_is_read",
    ),
    "The page opens at the first unread message, under a line, or else at the end": (
        "test_history.py::test_page_opens_at_the_first_unread_message_before_and_after_its_modules_load",
    ),
    "The page opens around the first unread message when more than a page is unread": (
        "test_read_position.py::test_page_opens_at_the_first_of_many_unread_messages_and_where_reading_stopped",
    ),
    "Only somebody near the end is taken along with what is new": (
        "test_history.py::test_new_messages_move_only_a_reader_at_the_end",
    ),
    "Everybody else is offered a way to the end that counts what is new": (
        "test_history.py::test_new_messages_move_only_a_reader_at_the_end",
    ),
    "Ten thousand messages stay smooth: the document holds a bounded number of them": (
        "test_window.py::test_page_stays_small_and_steady_while_a_long_conversation_is_read",
    ),
    "Days are separated by the reader's own date": (
        "test_composer.py::test_message_is_sent_once_by_enter_and_by_a_click_but_not_while_an_input_method_composes",
        "helpers.test.mjs::days are in the reader's time zone",
    ),
    "Messages of one author within five minutes stand together": (
        "test_composer.py::test_message_is_sent_once_by_enter_and_by_a_click_but_not_while_an_input_method_composes",
    ),
    "Times are the reader's, with the whole date on hover": ("test_page.py::test_times_are_those_of_the_reader",),
    # ---- Writing
    "Enter sends, Shift and Enter breaks the line": (
        "test_composer.py::test_message_is_sent_once_by_enter_and_by_a_click_but_not_while_an_input_method_composes",
    ),
    "By touch Enter breaks the line, and Ctrl and Enter sends everywhere": (
        "test_composer.py::test_enter_breaks_the_line_where_people_write_by_touch",
    ),
    "Nothing is sent while an input method composes": (
        "test_composer.py::test_message_is_sent_once_by_enter_and_by_a_click_but_not_while_an_input_method_composes",
        "test_editing.py::test_an_input_method_keeps_its_keys",
    ),
    "The composer grows with the text": ("test_page.py::test_composer_grows_with_the_text",),
    "Each room keeps its draft": (
        "test_composer.py::test_draft_is_kept_until_it_is_sent_and_cannot_be_sent_while_it_is_too_long",
    ),
    "Near its limit the composer counts down": (
        "test_composer.py::test_draft_is_kept_until_it_is_sent_and_cannot_be_sent_while_it_is_too_long",
    ),
    "Up in an empty composer edits one's last message, Escape leaves it as it was": (
        "test_editing.py::test_up_in_an_empty_composer_edits_the_last_own_message",
        "test_editing.py::test_escape_leaves_everything_as_it_was",
    ),
    # ---- Sending
    "A message stands there at once, pale, and becomes firm in its place": (
        "test_composer.py::test_message_is_sent_once_by_enter_and_by_a_click_but_not_while_an_input_method_composes",
    ),
    "What cannot be sent says why, can be sent again or discarded, and keeps its text": (
        "test_reconnect.py::test_refused_message_shows_the_reason_and_is_retried_or_discarded",
    ),
    "What was not sent survives a reload and goes in order when the line is back": (
        "test_reconnect.py::test_message_written_while_the_server_is_gone_arrives_once_when_it_is_back",
        "outbox.test.mjs::a later page restores unstored messages in order",
    ),
    "Nothing is sent twice": (
        "test_reconnect.py::test_a_message_without_an_answer_is_not_shown_twice_after_a_reload",
        "outbox.test.mjs::the unanswered message is sent again with the same id after a reconnect",
    ),
    # ---- Connection
    "A lost line is told after a moment, with a countdown and a way to try now": (
        "test_reconnect.py::test_message_written_while_the_server_is_gone_arrives_once_when_it_is_back",
    ),
    "The line is tried again at once when the network or the tab comes back": (
        "socket.test.mjs::a probe connects at once, or pings an open connection",
    ),
    "What was missed appears in its place, and nobody reloads": (
        "test_reconnect.py::test_client_that_cannot_resume_loads_the_newest_messages",
    ),
    "After a minute offline the page equals a fresh one, and the reader's place has not moved": (
        "test_offline.py::test_reconnected_page_equals_one_that_stayed_connected",
        "test_offline.py::test_when_too_much_was_missed_a_reader_far_back_stays_there_and_one_at_the_end_sees_the_newest",
    ),
    "A person who is signed out is asked to sign in": (
        "test_reconnect.py::test_a_signed_out_person_is_asked_to_sign_in",
    ),
    # ---- Messages
    "Markdown is rendered the same in history and live": (
        "test_conversation.py::test_two_people_see_each_other_arrive_type_write_and_leave",
    ),
    "What people write can never become part of the page": (
        "test_conversation.py::test_markup_in_a_message_stays_text",
    ),
    "A block of code names its language, scrolls and can be copied": (
        "test_code_blocks.py::test_code_block_names_its_language_and_has_a_copy_button",
        "test_code_blocks.py::test_long_code_scrolls_in_its_own_box",
    ),
    "An @ completes names, and a message that speaks to me is marked": (
        "test_mentions.py::test_name_with_spaces_is_completed_and_mentioned",
    ),
    "A reply shows the line it answers, which leads to the original": (
        "test_permalinks.py::test_back_restores_the_reading_position_and_forward_the_link",
    ),
    "A reply shows author and text of an original that the page does not hold": (
        "test_replies.py::test_quote_of_a_message_outside_the_page_is_loaded",
    ),
    "A few reactions are one click away, all others in a picker with a search": (
        "test_reactions.py::test_a_reaction_shows_for_everyone_and_your_own_is_pressed",
        "test_reactions.py::test_picker_finds_by_name_and_remembers",
    ),
    "Reactions count, tell who gave them, and are set and unset by a click": (
        "test_reactions.py::test_a_reaction_shows_for_everyone_and_your_own_is_pressed",
        "test_reactions.py::test_reacting_people_are_listed_on_hover_and_on_focus",
    ),
    "A message is edited in its place and says so": (
        "test_editing.py::test_up_in_an_empty_composer_edits_the_last_own_message",
    ),
    "An edit that crosses another shows both and keeps the text": (
        "test_editing.py::test_edit_form_shows_a_concurrent_change_and_keeps_the_text",
    ),
    "Deleting asks first and leaves a tombstone": (
        "test_message_actions.py::test_deleting_asks_first_and_leaves_a_line",
    ),
    "A link to a message opens it among its neighbours": (
        "test_permalinks.py::test_link_opens_a_message_with_its_neighbours_but_a_missing_one_shows_a_notice",
    ),
    "A link to a message that does not exist says so": (
        "test_permalinks.py::test_link_opens_a_message_with_its_neighbours_but_a_missing_one_shows_a_notice",
    ),
    "From any message on, all can be marked as unread": (
        "test_message_actions.py::test_mark_unread_moves_the_line_and_counts_at_the_side_of_another_tab",
    ),
    # ---- People
    "People who come and go are listed, quietly": (
        "test_conversation.py::test_two_people_see_each_other_arrive_type_write_and_leave",
    ),
    "Who is typing is said, and ends with the message": (
        "test_conversation.py::test_two_people_see_each_other_arrive_type_write_and_leave",
    ),
    "A new name or colour shows on everything of that person at once": (
        "test_room_page.py::test_a_new_name_is_shown_on_all_messages_of_its_person",
        "test_profile.py::test_a_new_name_and_colour_reach_the_people_list_of_others",
    ),
    # ---- Notifications
    "The title counts what is unread, and the icon has a dot": (
        "test_unread.py::test_the_title_and_the_icon_count_messages_while_the_page_is_hidden",
    ),
    "The desktop is notified only after a click on the bell, and never about the room in view": (
        "test_notifications.py::test_the_permission_for_notifications_is_asked_for_only_on_demand",
        "test_notifications.py::test_a_person_looking_at_the_room_gets_no_notification",
    ),
    "Each room has its level: everything, mentions, nothing": (
        "test_notifications.py::test_level_is_kept_by_the_server_and_holds_at_once",
        "test_notifications.py::test_room_set_to_mentions_notifies_only_about_mentions",
        "test_notifications.py::test_room_set_to_nothing_does_not_notify",
    ),
    "There is no sound unless it is asked for": ("test_notifications.py::test_sound_is_off_until_it_is_turned_on",),
    # ---- Keys
    "A key shows all keys": ("test_keys.py::test_question_mark_lists_the_shortcuts_except_in_a_text_field",),
    "Ctrl or Cmd and K jumps to a room by a few letters": (
        "test_keys.py::test_switcher_finds_a_room_by_a_few_letters_and_then_offers_the_previous_room_first",
    ),
    "A slash searches": ("test_keys.py::test_end_key_scrolls_to_the_newest_message_and_slash_searches_the_room",),
    "Escape closes what is open, the innermost first": (
        "test_page.py::test_message_is_a_named_article_and_escape_closes_the_innermost_first",
        "test_mentions.py::test_suggestions_are_chosen_by_arrows_and_by_mouse_and_closed_by_escape",
    ),
    "End goes to the newest": ("test_keyboard.py::test_conversation_scrolls_to_its_beginning_and_end_by_keyboard",),
    "While somebody types, no letter is a command": (
        "test_keys.py::test_question_mark_lists_the_shortcuts_except_in_a_text_field",
    ),
    "Everything is done by keyboard alone, and the focus is always seen": (
        "test_keyboard.py::test_a_stranger_joins_and_posts",
        "test_keyboard.py::test_first_tab_stop_skips_to_the_content",
        "test_keyboard.py::test_conversation_scrolls_to_its_beginning_and_end_by_keyboard",
        "test_keyboard.py::test_another_room_and_the_way_back_work_by_keyboard",
        "test_keyboard.py::test_a_room_is_made",
        "test_keyboard.py::test_a_person_signs_out",
    ),
    # ---- Accessibility
    "The conversation is a log with a name, and history that loads is not announced": (
        "test_window.py::test_loading_history_is_not_announced_to_screen_readers_and_can_be_repeated",
    ),
    "Each message is an article with its author and time": (
        "test_page.py::test_message_is_a_named_article_and_escape_closes_the_innermost_first",
    ),
    "No rule of axe-core is broken on any page, in light and dark, on a desktop and a phone": (
        "test_accessibility.py::test_page_has_no_violations",
        "test_accessibility.py::test_room_page_and_its_menus_and_dialogs_have_no_violations",
        "test_accessibility.py::test_rules_are_run_in_both_schemes",
    ),
    "With reduced motion nothing moves": ("test_page.py::test_nothing_is_animated_with_reduced_motion",),
    # ---- Search
    "What was said is found by its words, with the way to it": (
        "test_search.py::test_messages_are_found_and_opened_without_scripts",
        "test_keyboard.py::test_messages_are_searched_and_opened",
    ),
    # ---- Outside the conversation
    "Light, dark and the system's choice are switched without a reload": (
        "test_theme.py::test_theme_changes_at_once_in_all_tabs_and_holds_on_the_next_page",
        "test_theme.py::test_light_theme_and_that_of_the_system_are_chosen_on_a_room_page",
    ),
    "An empty room invites, with a link and a code to share": (
        "test_room_page.py::test_empty_room_shows_its_link_which_can_be_copied",
    ),
    "Every error is a sentence with a way out": ("test_page.py::test_error_is_a_sentence_with_a_way_out",),
    "The page prints without what is only for the screen": (
        "test_room_page.py::test_print_shows_the_conversation_without_controls",
    ),
    "The site can be installed and opens fast": (
        "test_opening.py::test_installed_it_opens_with_its_own_icons",
        "test_opening.py::test_modules_that_a_room_page_needs_are_those_it_names",
    ),
}
