"""What `wellread ask` prints of the mentor question, line by line."""

from support import mentor as t

FIRST_STEP = (
    'Step {} for "Pretend that you are Addy Osmani, based on what you read in his book, Leading Effective Engineering '
    'Teams and his Tech Leadership Tuesday video, and act as a mentor for my tech leadership [...]"'
)


TRACE = f"""Thoughts:

DeepSearch OFF, Model: openai/gpt-4.1

{FIRST_STEP.format(1)}
Thinking: {t.FIRST_THOUGHT}
Action Chosen: Book Content Snippet Search Agent (search_inside_books) Parameters:
{{
  "askBookQuestions": [
    "{t.DIFFERENCE}",
    "{t.BALANCE}"
  ],
  "productIds": [
    "9781098148232",
    "0642572015699"
  ]
}}
💬 Asking Questions to Books
Book Questions: {t.DIFFERENCE}, {t.BALANCE} Product IDs: 9781098148232, 0642572015699
🔍 Searching book content...
Found snippet for 'What is the difference between leadership [...]' in {t.BOOK_TITLE}
Found snippet for 'How to balance leadership and management [...]' in {t.BOOK_TITLE}
Found snippet for 'How to balance leadership and management [...]' in {t.TALK_TITLE}
Found snippet for 'How to balance leadership and management [...]' in {t.TALK_TITLE}
Nothing for 'What is the difference between leadership [...]' in {t.TALK_TITLE} (best match 0.00)
✅ Ask books complete. Found 4 snippets.
{FIRST_STEP.format(2)}
Thinking: I have what I need in knowledge 0, 1 and 3.
Action Chosen: Answer Generation Agent (create_answer_draft) Parameters:
{{
  "is_role_play_request": true,
  "is_controversial_sensitive_topic": false,
  "is_greeting_or_simple_calculation": false,
  "is_who_are_you": false,
  "relevant_knowledge_indices": [
    0,
    1,
    3
  ]
}}
📝 Ready to provide a comprehensive answer
"""
