package millrace.bench;

/** What the jobs write. */
final class Results {
  private Results() {}

  record EuroBid(long auction, long bidder, double price, long dateTime, String extra) {}

  record SmallBid(long auction, long price, boolean big) {}

  record Count(long bids) {}

  record BidOnItem(long auction, long price, String item, long seller) {}
}
