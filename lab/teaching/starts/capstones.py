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
    """Return the pages that were fetched, and those that were given up after so many tries.

    pause: seconds before the second try; twice as many before the third, and so on
    """
    seen, found, lost = list(dict.fromkeys(start)), [], []
    for page in seen:
        try:
            seen += [link for link in dict.fromkeys(fetch(page)) if link not in seen]
            found.append(page)
        except Exception:
            lost.append(page)
    return found, lost


# %% importer
def import_all(records, store, size, workers, ahead):
    """Store all records in batches; return how many there were.

    records: an iterator; it may take a while for the next record
    store: takes a while to store a list of records
    size: records of a batch
    workers: batches that may be stored at a time
    ahead: records that may have been read and not be stored yet
    """
    stored = 0
    while batch := list(islice(records, size)):
        store(batch)
        stored += len(batch)
    return stored


# %% deadline
def import_until(records, store, size, workers, seconds):
    """Store records in batches; return how many were stored, the rejected ones, and those left.

    records, size, workers: as before, but there may be no end of records
    store: raises an exception, and stores nothing, if there is a bad record in the batch
    seconds: after which no record is read, and no batch begun
    """
    stored, rejected, left = 0, [], []
    while batch := list(islice(records, size)):
        try:
            store(batch)
            stored += len(batch)
        except Exception:
            rejected += batch
    return stored, rejected, left


# %% shrinker
def thumbnails(images, decoder, least, most, patience):
    """Return the thumbnails of all images, in their order.

    images: an iterator; it may take a while for the next image
    decoder: `with decoder() as shrink:` opens a decoder; `shrink(image)` returns a thumbnail
    least, most: decoders that are open at any time
    patience: seconds after which an idle decoder is closed
    """
    with decoder() as shrink:
        return [shrink(image) for image in images]


# %% broken
def thumbnails_on(images, decoder, workers, limit, stop):
    """Return a thumbnail, or None, for each image that was taken, in their order.

    images, decoder: as before, but a decoder that fails at an image is broken from then on
    workers: decoders that may be open
    limit: seconds that an image may take
    stop: a context; once it is cancelled, no more images are taken
    """
    with decoder() as shrink:
        return [shrink(image) for image in images]
