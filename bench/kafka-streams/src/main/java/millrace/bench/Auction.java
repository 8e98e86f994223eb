package millrace.bench;

/** A row of the table that bids are joined with. */
public final class Auction {
  public long id;
  public String item;
  public long seller;
}
