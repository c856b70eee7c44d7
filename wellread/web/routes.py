"""The routers of the app: pages, REST, OpenAI's interface, AG-UI."""

from wellread.web.agui import api as agui
from wellread.web.openai import api as openai
from wellread.web.pages import (
    access_pages,
    ask_page,
    figures_pages,
    library_page,
    login_page,
    picture_files,
    product_page,
    settings_page,
    static,
)
from wellread.web.pages.conversation import conversation_page, conversations_page
from wellread.web.pages.reader import reading_page
from wellread.web.rest import (
    accounts,
    amendments,
    answers,
    conversations,
    formats,
    health,
    imports,
    library,
    metrics,
    models,
    runs,
    search,
    settings,
    shared_conversations,
    uploads,
    usage,
)

ROUTERS = (
    static.router,
    ask_page.router,
    library_page.router,
    product_page.router,
    conversation_page.router,
    conversations_page.router,
    settings_page.router,
    access_pages.router,
    figures_pages.router,
    login_page.router,
    health.router,
    metrics.router,
    runs.router,
    library.router,
    amendments.router,
    search.router,
    uploads.router,
    imports.router,
    formats.router,
    answers.router,
    conversations.router,
    shared_conversations.router,
    models.router,
    settings.router,
    usage.router,
    accounts.router,
    openai.router,
    agui.router,
    reading_page.router,
    picture_files.router,
)
