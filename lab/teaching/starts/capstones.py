# %% crawler
def crawl(start, fetch, workers, per_host):
    """Return all pages that can be reached from `start`, each once.

    start: a list of pages
    fetch: takes a while for a page, and returns the pages that it links to
    workers: pages that may be fetched at a time
    per_host: and how many of these may be of the same host
    """
    seen = list(dict.fromkeys(start))
    for page in seen:  # which becomes longer meanwhile
        for link in fetch(page):
            if link not in seen:
                seen.append(link)
    return seen


# %% stubborn
def crawl_on(start, fetch, workers, per_host, tries, pause):
    """Return the pages that were fetched, and those that were given up.

    start, fetch, workers, per_host: as before, but `fetch` may raise
    tries: how often a page is tried before it is given up
    pause: seconds before the second try; twice as many before the third, and so on
    """
    seen, found, lost = list(dict.fromkeys(start)), [], []
    for page in seen:
        try:
            links = fetch(page)
        except Exception:
            lost.append(page)
        else:
            found.append(page)
            seen += [link for link in dict.fromkeys(links) if link not in seen]
    return found, lost
