package millrace.bench;

/** A bid as it lies in the topic. */
public final class Bid {
  public long auction;
  public long bidder;
  public long price;
  public String channel;
  public String url;
  public long dateTime;
  public String extra;
}
